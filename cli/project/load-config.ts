import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { Config, ConfigRequest } from './define-config.ts';

/** What a module of settings exports, and what was read for it. */
export interface LoadedConfig {
  value: unknown;
  /** Absolute paths. */
  files: string[];
}

/** The name by which it imports `defineConfig`; it need not be installed. */
const OWN_PACKAGE = 'catnap';

/**
 * Runs a folder's catnap.config.ts with all that it imports, anew each time. Throws a CommandError where it does not compile,
 * throws, or exports nothing by default.
 */
export async function loadConfig(file: string, request: ConfigRequest): Promise<LoadedConfig> {
  const { code, files } = await compiled(file);
  const folder = await mkdtemp(join(tmpdir(), 'catnap-config-'));
  try {
    const module = join(folder, 'config.mjs');
    await writeFile(module, code);
    const { default: config } = (await import(pathToFileURL(module).href)) as { default?: Config };
    if (config === undefined) throw new Error('it has no default export: export default defineConfig({ … })');
    return { value: typeof config === 'function' ? await config(request) : config, files };
  } catch (cause) {
    throw new CommandError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, EXIT.usage, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
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
