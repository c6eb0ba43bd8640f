import type { Chance } from './chance.ts';
import { waysTo } from './source-maps.ts';
import { oddWord } from './words.ts';

const quoted = (text: string) => JSON.stringify(text);
const ATTRIBUTES = ['text', 'json', 'bytes', 'file', 'base64', 'css', 'url', 'copy', 'dataurl', 'binary', 'sqlite'];

function withType(chance: Chance): string {
  const type = chance.of(ATTRIBUTES);
  return chance.of([
    '',
    '',
    `with { type: '${type}' }`,
    `assert { type: '${type}' }`,
    `with { 'type': '${type}', x: '1' }`,
  ]);
}

/** An import, in any form, of the file at `path`; it binds or hands out `value`. */
export function importOf(chance: Chance, path: string): string {
  const name = quoted(waysTo(chance, path));
  return chance.oneOf(
    () => `import value from ${name} ${withType(chance)};\nexport default () => value;`,
    () => `import * as value from ${name} ${withType(chance)};\nexport default () => value;`,
    () => `import ${name} ${withType(chance)};\nexport default () => 1;`,
    () => `export * from ${name};\nexport { default } from ${name};`,
    () =>
      `const value = await import(${name}, { with: { type: '${chance.of(ATTRIBUTES)}' } });\nexport default () => value;`,
    () => `const value = require(${name});\nexport default () => value;`,
    () => `module.exports = () => require(${name});`,
    () => `export default () => require.resolve(${name});`,
    () => `export default () => new URL(${name}, import.meta.url).href;`,
    () => `export default () => import.meta.resolve(${name});`,
    () => `export default () => new Worker(new URL(${name}, import.meta.url));`,
    () => `/// <reference path=${name} />\nimport type { X } from ${name};\nexport default () => 1 as X;`,
    () => `import value = require(${name});\nexport default () => value;`,
    () => `import defer * as value from ${name};\nexport default () => value;`,
    () => `import source value from ${name};\nexport default () => value;`,
  );
}

/** An import whose name is known in part only, around the file at `path`: what a bundler may take for a pattern of files. */
export function patternOf(chance: Chance, path: string): string {
  const slash = path.lastIndexOf('/');
  const [folder, file] = [path.slice(0, slash), path.slice(slash + 1)];
  const dot = file.lastIndexOf('.');
  const [stem, extension] = [file.slice(0, dot), file.slice(dot)];
  const up = chance.of(['./', '../', '../../', './../../', '../'.repeat(12)]);
  const near = `${up}${folder.slice(1)}`;
  const type = `{ with: { type: '${chance.of(ATTRIBUTES)}' } }`;
  const call = chance.oneOf(
    () => `import(\`${near}/\${n}\`, ${type})`,
    () => `import(\`${near}/\${n}${extension}\`)`,
    () => `import(\`${near}/\${n}${extension}\`, ${type})`,
    () => `import('${near}/' + n, ${type})`,
    () => `require('${near}/' + n + '${extension}')`,
    () => `require(\`${near}/\${n}${extension}\`)`,
    () => `require(\`${up}\${n}\`)`,
    () => `import(\`${up}\${n}/\${n}${extension}\`, ${type})`,
    () => `require.resolve('${near}/' + n)`,
    () => `new URL(\`${near}/\${n}\`, import.meta.url).href`,
    () => `import.meta.glob('${near}/*', { eager: true, as: 'raw' })`,
    () => `require.context('${near}', true, /.*/)`,
    () => `import(n ? '${near}/${file}' : './x', ${type})`,
  );
  return `const n = ${quoted(chance.of([file, stem, '*', '**', '../x']))};\nexport default async () => ${call};`;
}

/** An import of what is nowhere, or of a module of Node. */
export function importOfNothing(chance: Chance): string {
  const name = quoted(
    chance.of([
      'node:fs',
      'fs/promises',
      'node:',
      'https://127.0.0.1:1/x.js',
      'data:text/javascript,export default 1',
      '#x',
      '@a/b',
      oddWord(chance),
    ]),
  );
  return `import ${chance.of(['value', '* as value', '{ readFileSync as value }'])} from ${name};\nexport default () => typeof value;`;
}
