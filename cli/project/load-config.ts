import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import * as esbuild from 'esbuild';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { ConfigRequest } from './define-config.ts';

/** What a module of settings exports, and what was read for it. */
export interface LoadedConfig {
  value: unknown;
  /** Absolute paths. */
  files: string[];
}

/** The name by which it imports `defineConfig`; it need not be installed. */
const OWN_PACKAGE = 'catnap';

/** Runs the settings' module, which is beside it, and says what it exports, or what went wrong. */
const RUN = `import { parentPort, workerData } from 'node:worker_threads';
try {
  const { default: config } = await import('./config.mjs');
  if (config === undefined) throw new Error('it has no default export: export default defineConfig({ … })');
  parentPort.postMessage({ value: typeof config === 'function' ? await config(workerData) : config });
} catch (error) {
  parentPort.postMessage({ problem: error instanceof Error ? error.message : String(error) });
}
`;

type Said = { value: unknown } | { problem: string };

/**
 * Runs a folder's catnap.config.ts with all that it imports, anew each time, in a thread of its own: one that never ends, ends with
 * `signal`. Throws a CommandError where it does not compile, throws, or exports nothing by default.
 */
export async function loadConfig(file: string, request: ConfigRequest, signal?: AbortSignal): Promise<LoadedConfig> {
  const { code, files } = await compiled(file);
  const folder = await mkdtemp(join(tmpdir(), 'catnap-config-'));
  try {
    await writeFile(join(folder, 'config.mjs'), code);
    await writeFile(join(folder, 'run.mjs'), RUN);
    const said = await ran(join(folder, 'run.mjs'), request, signal);
    if ('problem' in said) throw new CommandError(`${file}: ${said.problem}`, EXIT.usage);
    return { value: said.value, files };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rejects with the reason of `signal`. */
async function ran(module: string, request: ConfigRequest, signal?: AbortSignal): Promise<Said> {
  signal?.throwIfAborted();
  const worker = new Worker(pathToFileURL(module), { workerData: request });
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  const stop = () => reject(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  worker.once('message', resolve);
  worker.once('error', (error) => resolve({ problem: error instanceof Error ? error.message : String(error) }));
  worker.once('exit', () => resolve({ problem: 'it ended before it had said its settings' }));
  try {
    return await promise;
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

async function compiled(file: string): Promise<{ code: string; files: string[] }> {
  const folder = dirname(file);
  const place = {
    'import.meta.dirname': JSON.stringify(folder),
    'import.meta.filename': JSON.stringify(file),
    'import.meta.url': JSON.stringify(pathToFileURL(file).href),
  };
  const built = await esbuild
    .build({
      absWorkingDir: folder,
      entryPoints: [file],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      logLevel: 'silent',
      define: place,
      banner: {
        js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(file)});`,
      },
      plugins: [ownPackage],
    })
    .catch((cause: esbuild.BuildFailure) => {
      const [first] = cause.errors;
      const at = first?.location ? `${first.location.file}:${first.location.line}:${first.location.column + 1}: ` : '';
      throw new CommandError(`${file} does not compile: ${at}${first?.text ?? cause.message}`, EXIT.usage, { cause });
    });
  const inputs = Object.keys(built.metafile.inputs).filter((input) => !input.startsWith(`${OWN_PACKAGE}:`));
  return { code: built.outputFiles[0]?.text ?? '', files: inputs.map((input) => resolve(folder, input)) };
}

const ownPackage: esbuild.Plugin = {
  name: 'own-package',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^catnap$/ }, ({ path }) => ({ path, namespace: OWN_PACKAGE }));
    onLoad({ filter: /.*/, namespace: OWN_PACKAGE }, () => ({
      contents: 'export const defineConfig = (config) => config;',
    }));
  },
};
