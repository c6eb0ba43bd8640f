/**
 * What to return instead of `value`, an object, where JSON would show nothing of what it holds; undefined: JSON shows it.
 * @param text what JSON makes of it.
 */
export function jsonAdvice(value: object, text: string): string | undefined {
  if (text !== '{}') return undefined;
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (tag === 'Object') return undefined;
  return `the handler returned a ${tag}, of which JSON shows nothing: return ${INSTEAD[tag] ?? 'what is in it'}`;
}

const INSTEAD: Readonly<Record<string, string>> = {
  'Array Iterator': '[...it]',
  Generator: '[...it], or an async generator to stream',
  Headers: 'Object.fromEntries(headers)',
  Map: 'Object.fromEntries(map)',
  'Map Iterator': '[...it]',
  Request: 'a Response',
  Response: '{ statusCode, headers, body }, or set spec.signature to fetch',
  Set: '[...set]',
  'Set Iterator': '[...it]',
};
