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
