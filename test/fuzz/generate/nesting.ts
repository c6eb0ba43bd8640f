import type { Chance } from './chance.ts';

/** Pairs that can be put into each other. */
const PAIRS: readonly (readonly [open: string, close: string])[] = [
  ['{', '}'],
  ['[', ']'],
  ['(', ')'],
  ['x(', ')'],
  ['x[', ']'],
  ['a={b:', '}'],
  ['()=>{', '}'],
  ['()=>', ''],
  ['`${', '}`'],
  ['!', ''],
  ['-', ''],
  ['new ', ''],
  ['x?', ':0'],
  ['0,', ''],
  ['await ', ''],
  ['<a>', '</a>'],
  ['<T,>(', ')'],
];

const STATEMENTS: readonly (readonly [open: string, close: string])[] = [
  ['switch(x){case 1:', '}'],
  ['if(x)', ''],
  ['for(;;)', ''],
  ['l:', ''],
  ['try{', '}finally{}'],
  ['function f(){', '}'],
  ['class A{static{', '}}'],
  ['namespace a{', '}'],
  ['do ', ' while(0)'],
  ['with(x){', '}'],
  ['@(', ') class A{}'],
];

const TYPES: readonly (readonly [open: string, close: string])[] = [
  ['Array<', '>'],
  ['[', ']'],
  ['(', ')'],
  ['{a:', '}'],
  ['()=>', ''],
  ['keyof ', ''],
  ['a extends b?', ':c'],
  ['`${', '}`'],
];

/** Code in which one thing stands within another, `depth` deep. */
export function nested(chance: Chance, depth: number): string {
  const put = ([open, close]: readonly [string, string], core: string) =>
    open.repeat(depth) + core + close.repeat(depth);
  return chance.oneOf(
    () => `const x = 0;\nexport default () => ${put(chance.of(PAIRS), '0')};`,
    () => `let x = 0;\n${put(chance.of(STATEMENTS), ';')}\nexport default () => 1;`,
    () => `type X = ${put(chance.of(TYPES), 'string')};\nexport default () => 1;`,
    () =>
      `namespace ${Array.from({ length: depth }, () => 'a').join('.')} { export let x = 1 }\nexport default () => 1;`,
    () =>
      `export default () => ${Array.from({ length: depth }, () => '1').join(chance.of([' + ', ' ?? ', ' ** ', ' , ', '\n|| ']))};`,
    () => `export default () => a${chance.of(['?.b', '.b', '[0]', '()', '``', '!']).repeat(depth)};`,
    () =>
      `const ${put(
        chance.of([
          ['[', ']'],
          ['{a:', '}'],
        ] as const),
        'z',
      )} = 0;\nexport default () => 1;`,
    () =>
      `export default ${'async '.repeat(1)}() => /${put(
        chance.of([
          ['(', ')'],
          ['(?:', ')*'],
          ['(?=', ')'],
        ] as const),
        'a',
      )}/;`,
    () => `if (0) {} ${'else if (0) {} '.repeat(depth)}\nexport default () => 1;`,
    () => put(chance.of(PAIRS), ''),
  );
}

/** How deep: mostly as people write, at times as deep as what fits into a source. */
export function someDepth(chance: Chance, isHeavy: boolean): number {
  return isHeavy ? chance.int(1_500, 12_000) : chance.int(1, 150);
}

/** What of some kilobytes is known to keep a bundler at work for long, or to fill its memory. */
export function heaviest(chance: Chance): string {
  const wrapped = (open: string, close: string, times: number) =>
    `${open.repeat(times)}${close.repeat(times)}\nexport default () => 1;`;
  return chance.oneOf(
    () =>
      `namespace ${Array.from({ length: chance.int(1_500, 2_500) }, () => 'a').join('.')} { export let x = 1 }\nexport default () => 1;`,
    () => wrapped('switch(0){case 1:', '}', chance.int(2_500, 4_000)),
    () => wrapped('{', '}', chance.int(8_000, 12_000)),
  );
}
