import type { Chance } from './chance.ts';

/** Words on which code that takes keys, names and text for granted goes wrong. */
const ODD = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'then',
  'default',
  'undefined',
  'null',
  'NaN',
  '',
  ' ',
  '.',
  '..',
  '-',
  '0',
  '-0',
  '1e309',
  '$&',
  '$(PATH)',
  '%00',
  '%2e%2e%2f',
  '\\',
  '\\u0000',
  '`',
  '"',
  "'",
  '\x24{1}',
  '*/',
  '-->',
  '\n',
  '\r\n',
  '\t',
  '\u2028',
  '\ufeff',
  '\u202e',
  '\u0000',
  '\ud800',
  '\udfff\ud800',
  '\u{1f600}',
  '\u{10ffff}',
  'e\u0301\u0323',
  'ﬁ',
  'İ',
  'ß',
  'Ω',
  '中文',
] as const;

/** A word, mostly odd, at times long. May hold anything that a JavaScript string can. */
export function oddWord(chance: Chance): string {
  return chance.oneOf(
    () => chance.of(ODD),
    () => chance.of(ODD) + chance.of(ODD),
    () => chance.of(ODD).repeat(chance.int(2, 200)),
    () => plainWord(chance),
    () => String.fromCharCode(...chance.some(1, 12, () => chance.int(0, 0xffff))),
  );
}

/** A lower case word, 1 to 12 letters. */
export function plainWord(chance: Chance): string {
  return chance.some(1, 12, () => chance.of([...'abcdefghijklmnopqrstuvwxyz'])).join('');
}

/** A label, 1 to 20 characters, that Kubernetes takes for a name. */
export function label(chance: Chance): string {
  return `${plainWord(chance)}${chance.yes(0.3) ? `-${chance.int(0, 99)}` : ''}`;
}
