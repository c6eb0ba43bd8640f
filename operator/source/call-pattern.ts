/** What the argument of a computed `import(…)` or `require(…)` may lead to. Pure; what it does not understand it leaves out. */

/** A specifier may be anything that begins and ends so. */
interface SpecifierPattern {
  prefix: string;
  suffix: string;
}

interface CallArguments {
  /** Undefined: not a relative path with something in it. */
  pattern?: SpecifierPattern;
  /** Relative paths that stand there whole: of a choice between them. */
  literals: string[];
  /** Of the import's attributes. */
  type?: string;
}

const LITERAL = /(['"`])(\.{1,2}\/[^'"`\\$\n]*)\1/g;
const TYPE = /\btype['"]?\s*:\s*(['"])(json|text|bytes)\1/;
/** A comment or a quoted text. */
const LEAF = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y;
const SPACE = /^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)+/;
const CLOSES: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/** @param text from behind the name that is called: its opening parenthesis and what follows. Undefined: there is none. */
export function callArguments(text: string): CallArguments | undefined {
  const [specifier, others = ''] = topLevel(text.replace(SPACE, '')) ?? [];
  if (specifier === undefined) return undefined;
  const pattern = patternOf(specifier.replace(SPACE, '').trim());
  const type = TYPE.exec(others)?.[2];
  return {
    ...(pattern && { pattern }),
    literals: [...specifier.matchAll(LITERAL)].map((match) => match[2] ?? ''),
    ...(type !== undefined && { type }),
  };
}

/** The first argument and all the others. */
function topLevel(text: string): [string, string] | undefined {
  if (!text.startsWith('(')) return undefined;
  let comma: number | undefined;
  let at = 1;
  while (at < text.length && text[at] !== ')') {
    if (text[at] === ',') comma ??= at;
    at = skipped(text, at);
  }
  return [text.slice(1, comma ?? at), comma === undefined ? '' : text.slice(comma + 1, at)];
}

/** Index behind what begins at `at`: a character, a comment, or all that a quote or a bracket encloses. */
function skipped(text: string, at: number): number {
  LEAF.lastIndex = at;
  const leaf = LEAF.exec(text)?.[0];
  if (leaf !== undefined) return at + leaf.length;
  const char = text[at] ?? '';
  if (char === '`') return behindTemplate(text, at + 1);
  const close = CLOSES[char];
  return close === undefined ? at + 1 : behindAll(text, at + 1, close);
}

function behindAll(text: string, from: number, close: string): number {
  let at = from;
  while (at < text.length && text[at] !== close) at = skipped(text, at);
  return at + 1;
}

function behindTemplate(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '`') {
    if (text[at] === '\\') at += 2;
    else at = text.startsWith('${', at) ? behindAll(text, at + 2, '}') : at + 1;
  }
  return at + 1;
}

/** Of a template, or of a sum that begins with a text. */
function patternOf(expression: string): SpecifierPattern | undefined {
  const first = skipped(expression, 0);
  const opening = expression.slice(0, first);
  if (opening.startsWith('`') && first === expression.length) return ofTemplate(opening);
  const rest = expression.slice(first).trimStart();
  if (!rest.startsWith('+')) return undefined;
  const head = opening.startsWith('`') ? ofTemplate(opening)?.prefix : textOf(opening);
  const tail = /(['"`])([^'"`\\$\n]*)\1$/.exec(rest);
  return relative(head, tail === null ? '' : (tail[2] ?? ''));
}

function ofTemplate(template: string): SpecifierPattern | undefined {
  const inner = template.slice(1, -1);
  const opened = inner.indexOf('${');
  if (opened === -1) return relative(textOf(template), '');
  const closed = inner.lastIndexOf('}');
  return relative(inner.slice(0, opened), inner.slice(closed + 1));
}

function textOf(literal: string): string | undefined {
  return /^(['"`])[\s\S]*\1$/.test(literal) ? literal.slice(1, -1) : undefined;
}

function relative(prefix: string | undefined, suffix: string): SpecifierPattern | undefined {
  if (prefix === undefined || !/^\.{1,2}\//.test(prefix) || /\\/.test(prefix + suffix)) return undefined;
  return { prefix, suffix };
}

/** Whether `specifier` is of the pattern. What follows a name that is begun does not go into folders. */
export function fits(specifier: string, { prefix, suffix }: SpecifierPattern): boolean {
  if (specifier.length < prefix.length + suffix.length) return false;
  if (!specifier.startsWith(prefix) || !specifier.endsWith(suffix)) return false;
  const between = specifier.slice(prefix.length, specifier.length - suffix.length);
  return prefix.endsWith('/') || !between.includes('/');
}
