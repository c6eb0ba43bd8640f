import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Message, Metafile, Plugin } from 'esbuild';
import { packageOf } from './input-path.ts';
import { NATIVE_ADVICE } from './native-advice.ts';
import { addonSeekers, hasPlatformPackages, type MissingImport, missingImports } from './native-packages.ts';
import { neededRequires } from './needed-requires.ts';

/** What a first pass says of what a module cannot have. */
export interface LeftOut {
  /** Code that cannot do without. */
  errors: Message[];
  /** What it is told is not there when it asks. */
  absent: MissingImport[];
}

/** Reads what it needs of the files that went in. */
export async function findLeftOut(folder: string, metafile: Metafile): Promise<LeftOut> {
  const inPlatformPackages = await platformPackages(folder, metafile);
  const everything = missingImports({ metafile, inPlatformPackages, isNeeded: () => true });
  const asking = [...everything.map(({ file }) => file), ...addonSeekers(metafile)];
  const isNeeded = await neededRequires(folder, asking);
  const missing = missingImports({ metafile, inPlatformPackages, isNeeded });
  // An import() that fails may be awaited in a try: only the function's author knows.
  const isFatal = (site: MissingImport) =>
    site.kind === 'dynamic-import' ? site.native !== undefined && packageOf(site.file) === undefined : isNeeded(site);
  const errors = await Promise.all(missing.filter(isFatal).map((site) => refusal(folder, site)));
  return { errors, absent: missing.filter((site) => !isFatal(site)) };
}

async function platformPackages(folder: string, { inputs }: Metafile): Promise<Set<string>> {
  const manifests = new Map<string, string>();
  for (const input of Object.keys(inputs)) {
    const name = packageOf(input);
    if (name === undefined) continue;
    const root = `${input.slice(0, input.lastIndexOf(`node_modules/${name}`))}node_modules/${name}`;
    manifests.set(root, name);
  }
  const native = new Set<string>();
  for (const [root, name] of manifests) {
    const text = await readFile(join(folder, root, 'package.json'), 'utf8').catch(() => '{}');
    if (hasPlatformPackages(jsonOf(text))) native.add(name);
  }
  return native;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function refusal(folder: string, { file, specifier, native }: MissingImport): Promise<Message> {
  const lines = (await readFile(join(folder, file), 'utf8')).split('\n');
  const quoted = new RegExp(`(['"\`])${RegExp.escape(specifier)}\\1`);
  const line = lines.findIndex((one) => quoted.test(one));
  const text = native === undefined ? alwaysImported(specifier) : nativeText(native);
  const lineText = lines[line] ?? '';
  const column = Math.max(0, Buffer.byteLength(lineText.slice(0, lineText.search(quoted))));
  const location = { file, namespace: '', line: Math.max(line, 0) + 1, column, length: 0, lineText, suggestion: '' };
  return { id: '', pluginName: '', text, location, notes: [], detail: undefined };
}

function alwaysImported(specifier: string): string {
  return `"${specifier}" is left out (build.external) and is imported whatever happens: take it out of there, or import() it where it is needed`;
}

function nativeText(native: string): string {
  const what = native.endsWith('.node') ? `the native addon ${native}` : `"${native}" is a native package, and`;
  return `${what} cannot be part of a module. ${NATIVE_ADVICE}`;
}

const ABSENT = 'catnap-absent';

/** Puts in place of each import a module that fails as though it were not installed. */
export function withAbsent(folder: string, absent: readonly MissingImport[]): Plugin {
  const keys = new Set(absent.map(({ file, specifier }) => keyOf(file, specifier)));
  const specifiers = [...new Set(absent.map(({ specifier }) => specifier))];
  const filter = new RegExp(`^(?:${specifiers.map((one) => RegExp.escape(one)).join('|')})$`);
  return {
    name: 'absent',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter }, ({ path, importer }) =>
        keys.has(keyOf(relative(folder, importer), path)) ? { path, namespace: ABSENT } : undefined,
      );
      onLoad({ filter: /.*/, namespace: ABSENT }, ({ path }) => ({ contents: notThere(path), loader: 'js' }));
    },
  };
}

function keyOf(file: string, specifier: string): string {
  return `${file}\0${specifier}`;
}

/** What stands for a native addon, where it is only tried for. */
export const addonsAbsent: Plugin = {
  name: 'addons-absent',
  setup: ({ onResolve, onLoad }) => {
    // Not built, as after `npm install --ignore-scripts`: that a package needs it is what has to be said.
    onResolve({ filter: /^\..*\.node$/ }, ({ path, importer, resolveDir }) =>
      packageOf(importer) === undefined ? undefined : { path: join(resolveDir, path) },
    );
    onLoad({ filter: /\.node$/ }, ({ path }) => ({
      contents: notThere(path.slice(path.lastIndexOf('/') + 1)),
      loader: 'js',
    }));
  },
};

function notThere(name: string): string {
  const text = JSON.stringify(`Cannot find module '${name}': it is not part of the bundle`);
  return `throw Object.assign(new Error(${text}), { code: 'MODULE_NOT_FOUND' });\nmodule.exports = {};`;
}
