import type { UserFunction } from './invoke.ts';

/**
 * Whether `call` can look at a second argument, or a later one: it names one, has a default or a rest (which `length`
 * does not count), reads `arguments`, or hides its source, as a bound function does and a Proxy.
 */
export function takesSecondArgument(call: UserFunction): boolean {
  if (call.length > 1) return true;
  const source = Function.prototype.toString.call(call);
  return /\barguments\b|\{\s*\[native code\]\s*\}$/.test(source) || hasDefaultOrRest(source);
}

/** Whether the list of parameters has a `=` or a `...` of its own, not within a pattern. */
function hasDefaultOrRest(source: string): boolean {
  const start = source.indexOf('(');
  const arrow = source.indexOf('=>');
  if (start === -1 || (arrow !== -1 && arrow < start)) return false;
  let depth = 0;
  for (let index = start; index < source.length; index++) {
    const character = source[index] ?? '';
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    if (depth === 0) return false;
    if (depth === 1 && (character === '=' || source.startsWith('...', index))) return true;
  }
  return false;
}

/** Members of Lambda's context that answer. */
const ANSWERS = ['done', 'fail', 'succeed'];

/**
 * Whether a function for Lambda may answer later, by its callback or by its context, as far as its text tells: one that
 * never mentions its callback, and of its context only what answers nothing, is done when it returns.
 */
export function mayCallBack(call: UserFunction): boolean {
  if (!takesSecondArgument(call)) return false;
  const source = Function.prototype.toString.call(call);
  if (/\b(?:arguments|eval)\b|\{\s*\[native code\]\s*\}$/.test(source) || hasDefaultOrRest(source)) return true;
  const list = /^[^(]*\(([^()]*)\)/.exec(source);
  const [, context = '', callback] = list?.[1]?.split(',').map((name) => name.trim()) ?? [];
  // Patterns, comments: what it takes of them is not told by a name.
  if (
    list === null ||
    /[{[]/.test(list[1] ?? '') ||
    !isName(context) ||
    (callback !== undefined && callback !== '' && !isName(callback))
  )
    return true;
  const body = source.slice(list[0].length);
  if (callback && mention(callback).test(body)) return true;
  return mention(context, `(?!\\s*\\.\\s*(?!(?:${ANSWERS.join('|')})\\b)[A-Za-z])`).test(body);
}

function isName(text: string): boolean {
  return /^[\w$]+$/.test(text);
}

/** @param followedBy what must come after the name for the mention to count. */
function mention(name: string, followedBy = ''): RegExp {
  return new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])${followedBy}`);
}
