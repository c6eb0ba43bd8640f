import type { Chance } from './chance.ts';
import { oddWord } from './words.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** All ways in which a file at an absolute path can be named. @param path `/…` */
export function waysTo(chance: Chance, path: string): string {
  const up = '../'.repeat(chance.int(1, 12));
  return chance.oneOf(
    () => path,
    () => `file://${path}`,
    () => `file:${path}`,
    () => `FILE://localhost${path}`,
    () => `file:///.${path}`,
    () => up + path.slice(1),
    () => `./${up}${path.slice(1)}`,
    () => `/${up}${path.slice(1)}`,
    () => path.replaceAll('/', '//'),
    () => path.replaceAll('.', '%2e'),
    () => `file://${path.replaceAll('/', '%2f')}`,
    () => path.replaceAll('/', '\\'),
    () => `${path}?raw#x`,
    () => `/proc/self/root${path}`,
    () => `/dev/fd/../..${path}`,
    () => `webpack://x${path}`,
  );
}

function map(chance: Chance, path: string): string {
  const name = waysTo(chance, path);
  const mappings = chance.of(['AAAA', '', ';;;;AACA', 'A'.repeat(1_000), '!!', 'gggggggggggggggB']);
  const whole = { version: 3, sources: [name], names: [], mappings };
  return chance.oneOf(
    () => JSON.stringify(whole),
    () => JSON.stringify({ ...whole, sourceRoot: chance.of(['/', 'file:///', '../../..', oddWord(chance)]) }),
    () => JSON.stringify({ ...whole, sourcesContent: [null] }),
    () => JSON.stringify({ ...whole, sourcesContent: [] }),
    () => JSON.stringify({ ...whole, sources: [name, name, null], sourcesContent: ['', null] }),
    () => JSON.stringify({ ...whole, sources: Array.from({ length: 500 }, () => name) }),
    () => JSON.stringify({ version: 3, sections: [{ offset: { line: 0, column: 0 }, map: whole }] }),
    () => JSON.stringify({ version: 3, sections: [{ offset: { line: 0, column: 0 }, url: name }] }),
    () => JSON.stringify({ ...whole, file: name, x_google_ignoreList: [0], ignoreList: [0] }),
    () => JSON.stringify({ ...whole, version: chance.of([2, '3', 4, null]) }),
    () => `)]}'\n${JSON.stringify(whole)}`,
    () => JSON.stringify(whole).slice(0, chance.int(1, 60)),
    () => '['.repeat(5_000),
    () => chance.of(['{}', 'null', '[]', '""', '{"version":3}', '{"version":3,"sources":"x","mappings":7}']),
  );
}

function url(chance: Chance, path: string): string {
  const json = map(chance, path);
  return chance.oneOf(
    () => `data:application/json;base64,${base64(json)}`,
    () => `data:application/json;charset=utf-8;base64,${base64(json)}`,
    () => `data:application/json,${encodeURIComponent(json)}`,
    () => `data:;base64,${base64(json)}`,
    () => `data:text/plain;base64,${base64(json).slice(0, 41)}`,
    () => `data:application/json;base64,${'A'.repeat(chance.int(1, 20_000))}`,
    () => waysTo(chance, path),
    () => `${waysTo(chance, path)}.map`,
    () => `http://127.0.0.1:1${path}`,
  );
}

/** The comment by which a file names its source map, which leads to the file at `path`: written as the specification has it, or nearly so. */
export function mapComment(chance: Chance, path: string): string {
  const to = url(chance, path);
  return chance.oneOf(
    () => `\n//# sourceMappingURL=${to}`,
    () => `\n//# sourceMappingURL=${to}\n`,
    () => `\n//@ sourceMappingURL=${to}\n`,
    () => `\n/*# sourceMappingURL=${to} */\n`,
    () => `\n//# sourceMappingURL=${to}\n//# sourceMappingURL=${url(chance, path)}`,
    () => `\n//# sourceURL=${to}\n//# sourceMappingURL=${to}`,
    () => `\nexport const text = "//# sourceMappingURL=${to.replaceAll(/["\\\n]/g, '')}";`,
    () => `\n//#\tsourceMappingURL=${to}`,
  );
}
