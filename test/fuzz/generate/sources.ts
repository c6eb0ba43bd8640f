import type { Chance } from './chance.ts';
import { oddJson, oddModule, oddTsconfig } from './contents.ts';
import { importOf, importOfNothing, patternOf } from './imports.ts';
import { heaviest, nested, someDepth } from './nesting.ts';
import { mapComment } from './source-maps.ts';
import { oddWord, plainWord } from './words.ts';

/** What a function's source may be: contents by path, and the file that is loaded. */
export interface GeneratedSource {
  /** Which kind of attack, for the report. */
  kind: string;
  files: Record<string, string>;
  entry: string;
}

export interface SourceLimits {
  /** Absolute paths of files outside of the source: none of their contents may come back. Not empty. */
  outside: readonly string[];
  /** Share, 0 to 1, of sources that are made to take as long as a bundler lets them. */
  heavyShare: number;
  /** Only what the API server takes: paths of plain characters, at most 64 files and 192 KiB. */
  valid?: boolean;
}

/** Longest of a source in the object, in characters; a file of a ConfigMap may be longer. */
const MAX_CHARACTERS = 180_000;
const HELLO = 'export default () => 1;';
const EXTENSIONS = [
  '.ts',
  '.js',
  '.mjs',
  '.cjs',
  '.tsx',
  '.jsx',
  '.mts',
  '.cts',
  '.json',
  '.css',
  '.txt',
  '.html',
  '.wasm',
  '.sql',
  '.d.ts',
  '.node',
  '.map',
  '',
  '.',
];

type Make = (chance: Chance, limits: SourceLimits) => GeneratedSource;

const one = (kind: string, text: string, entry = 'index.ts'): GeneratedSource => ({
  kind,
  files: { [entry]: text },
  entry,
});

const KINDS: readonly Make[] = [
  (chance, { outside }) =>
    one('source map', HELLO + mapComment(chance, chance.of(outside)), chance.of(['index.ts', 'index.js', 'index.tsx'])),
  (chance, { outside }) =>
    withNeighbour(
      'source map of another file',
      HELLO + mapComment(chance, chance.of(outside)),
      chance.of(['a.ts', 'a.js', 'a.cjs', 'a.json', 'a.css']),
    ),
  (chance, { outside }) =>
    one('import from outside', importOf(chance, chance.of(outside)), chance.of(['index.ts', 'index.js', 'index.mjs'])),
  (chance, { outside }) =>
    one('pattern', patternOf(chance, chance.of(outside)), chance.of(['index.ts', 'a/b/c/index.ts', 'index.js'])),
  (chance) => one('import of nothing', importOfNothing(chance)),
  (chance) =>
    one('nesting', nested(chance, someDepth(chance, false)), chance.of(['index.ts', 'index.js', 'index.tsx'])),
  (chance) =>
    one('odd module', oddModule(chance), chance.of(['index.ts', 'index.js', 'index.tsx', 'index.mts', 'index.cjs'])),
  (chance) => withNeighbour('odd JSON', oddJson(chance), 'a.json'),
  (chance, { outside }) => ({
    kind: 'tsconfig',
    entry: 'index.tsx',
    files: {
      'index.tsx': `import x from 'canary';\n${oddModule(chance)}`,
      'tsconfig.json': oddTsconfig(chance, chance.of(outside)),
      'package.json': oddJson(chance),
    },
  }),
  (chance) => cycle(chance),
  (chance, limits) => oddNames(chance, limits),
];

function withNeighbour(kind: string, text: string, name: string): GeneratedSource {
  return {
    kind,
    entry: 'index.ts',
    files: { 'index.ts': `import * as value from './${name}';\nexport default () => value;`, [name]: text },
  };
}

/** Files that import each other, and themselves. */
function cycle(chance: Chance): GeneratedSource {
  const count = chance.int(1, 60);
  const name = (index: number) => (index === 0 ? 'index.ts' : `m${index}.${index % 3 === 0 ? 'js' : 'ts'}`);
  const files = Array.from({ length: count }, (_, index) => {
    const imports = chance.some(1, 12, (i) => {
      const to = `./${name(chance.int(0, count - 1))}`;
      return chance.of([
        `import * as v${i} from '${to}';`,
        `export * from '${to}';`,
        `const v${i} = require('${to}');`,
        `const v${i} = await import('${to}');`,
      ]);
    });
    return [name(index), `${imports.join('\n')}\nexport const own${index} = 1;\n${index === 0 ? HELLO : ''}`];
  });
  return { kind: 'cycle', entry: 'index.ts', files: Object.fromEntries(files) };
}

function oddNames(chance: Chance, { outside, valid = false }: SourceLimits): GeneratedSource {
  const names = chance.some(1, 20, () => {
    const extension = chance.of(EXTENSIONS);
    const plain = chance.of([
      plainWord(chance),
      '__proto__',
      'constructor',
      'INDEX',
      'index',
      'node_modules/a/index',
      `${'a/'.repeat(40)}b`,
      'con',
      'x__y',
      'a..b',
    ]);
    return valid
      ? plain + extension
      : chance.of([
          plain,
          `../${plain}`,
          `/${plain}`,
          `./${plain}`,
          `a//${plain}`,
          chance.of(outside),
          oddWord(chance),
        ]) + extension;
  });
  const files: [string, string][] = names.map((name) => [
    name,
    chance.oneOf(
      () => HELLO,
      () => oddJson(chance),
      () => oddModule(chance).slice(0, 2_000),
    ),
  ]);
  const imports = names
    .map((name, i) => `import * as v${i} from ${JSON.stringify(`./${name}`)};`)
    .slice(0, chance.int(0, names.length));
  const entry = chance.of([
    'index.ts',
    'index.ts',
    'a.b.ts',
    ...(valid ? [] : ['../index.ts', '/index.ts', 'constructor', '__proto__', '']),
  ]);
  return {
    kind: 'odd names',
    entry,
    files: Object.fromEntries([...files, [entry, `${imports.join('\n')}\n${HELLO}`]]),
  };
}

/** A source that means harm: to what lies beside the bundler, to its time, or to its parser. */
export function generateSource(chance: Chance, limits: SourceLimits): GeneratedSource {
  if (chance.yes(limits.heavyShare)) {
    if (chance.yes(0.5)) return one('heavy', heaviest(chance));
    return trimmed(one('deep nesting', nested(chance, someDepth(chance, true)), chance.of(['index.ts', 'index.tsx'])));
  }
  const made = chance.of(KINDS)(chance, limits);
  return trimmed(chance.yes(0.1) ? spoiled(chance, made) : made);
}

/** With a piece of its entry taken out or put elsewhere. */
function spoiled(chance: Chance, { kind, files, entry }: GeneratedSource): GeneratedSource {
  const text = files[entry] ?? '';
  const [from, to] = [chance.int(0, text.length), chance.int(0, text.length)];
  const piece = text.slice(Math.min(from, to), Math.max(from, to));
  const changed = chance.of([
    text.replace(piece, () => ''),
    text + piece,
    piece,
    text.slice(0, from) + oddWord(chance) + text.slice(from),
  ]);
  return { kind: `${kind}, spoiled`, entry, files: { ...files, [entry]: changed } };
}

function trimmed({ kind, files, entry }: GeneratedSource): GeneratedSource {
  let left = MAX_CHARACTERS;
  const kept = Object.entries(files).map(([name, text]): [string, string] => {
    const part = text.slice(0, left);
    left -= part.length;
    return [name, part];
  });
  return { kind, entry, files: Object.fromEntries(kept) };
}
