import type { Chance } from './chance.ts';
import { oddWord, plainWord } from './words.ts';

const LITERALS = [
  '1_000n',
  '0b11',
  '0x1p3',
  '09',
  '08.5',
  '.5',
  '1e400',
  '/[/]/v',
  '/(?<n>a)\\k<n>/dgimsy',
  'this',
  'new.target',
  'import.meta',
  'super',
  'arguments',
  'await 0',
  'yield',
];

function list(chance: Chance, most: number, make: (index: number) => string): string {
  return Array.from({ length: chance.int(most >> 2, most) }, (_, index) => make(index)).join('\n');
}

/** A module that is large or odd in what it says, not in how it is built. At most some 150 KiB. */
export function oddModule(chance: Chance): string {
  const word = JSON.stringify(oddWord(chance));
  return chance.oneOf(
    () =>
      `export default () => ${JSON.stringify(chance.of(['x', 'é', '\u{1f600}', '\\', '\0', '"']).repeat(chance.int(1, 20_000)))};`,
    () =>
      `export default () => \`${chance.of(['x', '\n', '\\u{1f600}', '\x24{1}', '\r\n']).repeat(chance.int(1, 10_000))}\`;`,
    () =>
      `export default () => /${chance.of(['a', '[a-z]', '\\u{61}', '(a|b)', 'a{1,9}']).repeat(chance.int(1, 5_000))}/u;`,
    () => `const ${plainWord(chance).repeat(chance.int(1, 3_000))} = 1;\nexport default () => 1;`,
    () => `${list(chance, 3_000, (i) => `export const e${i} = ${i};`)}\nexport default () => 1;`,
    () => `${list(chance, 500, (i) => `import * as n${i} from 'node:fs';`)}\nexport default () => n0;`,
    () => `${list(chance, 2_000, (i) => `export * as n${i} from './index.ts';`)}\nexport default () => 1;`,
    () =>
      `export default () => ({ ${word}: 1, [${word}]: 2, __proto__: null, get ${plainWord(chance)}() { return ${word} } });`,
    () => `export { x as ${word} };\nconst x = 1;\nexport default () => x;`,
    () => `export default () => ${chance.of(LITERALS)};`,
    () =>
      `export default () => ${word};${chance.of(['\0', '\ufeff', '\u2028', '\x1a', '#!', '<!--', '-->', '\\u0061'])}`,
    () => `\ufeff#!/usr/bin/env node\n'use strict';\nexport default () => ${word};`,
    () => `@${plainWord(chance)} @(${word}) export default class { @x accessor #y = 1; static { } declare z: string }`,
    () => `export enum E { A = ${word}.length, B = A << 1, ${word} = 3 }\nexport default (x: E): x is E => true;`,
    () =>
      `export default () => <${chance.of(['a', 'a.b', 'a:b', '', 'A<T>'])} {...x} k=${word}>{/* */}&nbsp;</${chance.of(['a', 'a.b', ''])}>;`,
    () =>
      `/** ${oddWord(chance).replaceAll('*/', '')} */\n${'/* x */'.repeat(chance.int(1, 4_000))}\nexport default () => 1;`,
    () =>
      `exports[${word}] = 1; Object.defineProperty(exports, '__esModule', { value: true }); exports.default = () => 1;`,
    () => chance.some(1, 400, () => oddWord(chance)).join(chance.of([' ', ';', '\n', '.', '(', '{'])),
    () => 'const {a} = a;var a;let a;import a from "a";export default a;export default a;return;break;continue;',
  );
}

/** JSON, or nearly so. */
export function oddJson(chance: Chance): string {
  const depth = chance.int(1, 3_000);
  return chance.oneOf(
    () => JSON.stringify({ [oddWord(chance)]: oddWord(chance), value: chance.int(0, 9) }),
    () => '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"__proto__":1}',
    () => '['.repeat(depth) + ']'.repeat(depth),
    () => '{"a":'.repeat(depth) + 1 + '}'.repeat(depth),
    () => `{${'"a":1,'.repeat(depth)}"b":2}`,
    () =>
      chance.of([
        '',
        ' ',
        '{',
        '[1,]',
        "{'a':1}",
        '\ufeff{}',
        '// x\n{}',
        'NaN',
        '1e999',
        '"\ud800"',
        '{"a":1}{"b":2}',
        '"\u2028"',
      ]),
    () => JSON.stringify('x'.repeat(chance.int(1, 50_000))),
  );
}

/** A tsconfig.json that leads elsewhere, or asks for much. */
export function oddTsconfig(chance: Chance, path: string): string {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return JSON.stringify({
    extends: chance.of([path, `${folder}/x`, ['./a', path], './tsconfig.json', oddWord(chance), 7]),
    compilerOptions: {
      baseUrl: chance.of([folder, '/', '../../..', '.', 7]),
      paths: { '*': [`${folder}/*`, '/*'], canary: [path], [oddWord(chance)]: [oddWord(chance)] },
      jsx: chance.of(['react', 'preserve', 'react-jsx', 'x']),
      jsxImportSource: chance.of([path, oddWord(chance)]),
      jsxFactory: oddWord(chance),
      experimentalDecorators: chance.yes(0.5),
      useDefineForClassFields: chance.of([true, false, 'x']),
      target: chance.of(['es5', 'esnext', 'x', 3]),
      outDir: folder,
      rootDirs: ['/', folder],
      plugins: [{ name: path }],
    },
    files: [path],
    include: [`${folder}/**`],
    references: [{ path: folder }],
  });
}
