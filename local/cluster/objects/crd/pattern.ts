/** RE2 syntax that ECMAScript writes otherwise. */
const REWRITES: readonly [RegExp, string][] = [
  [/\(\?P</g, '(?<'],
  [/\\A/g, '^'],
  [/\\z/g, '$'],
  [/\[\[:alnum:\]\]/g, '[0-9A-Za-z]'],
  [/\[\[:alpha:\]\]/g, '[A-Za-z]'],
  [/\[\[:digit:\]\]/g, '[0-9]'],
];

/** A regular expression as the server reads it. Throws a SyntaxError. */
export function compilePattern(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const body = flags === null ? pattern : pattern.slice(flags[0].length);
  const source = REWRITES.reduce((text, [from, to]) => text.replace(from, to), body);
  // Without the u flag RE2's needless escapes (\-, \/) are allowed; characters beyond the BMP count twice then.
  return new RegExp(source, flags?.[1] ?? '');
}
