/** Files that are no code are imported as they are in source that the operator bundles. */
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Loader, OnLoadArgs, OnLoadResult, Plugin } from 'esbuild';
import { type AssetKind, assetKind, statedKind, wasmModule } from '#api/rules/file-kind.ts';

const LOADERS: Record<Exclude<AssetKind, 'wasm'>, Loader> = { text: 'text', bytes: 'binary', json: 'json' };

export const fileKinds: Plugin = {
  name: 'file-kinds',
  setup: ({ onLoad }) => {
    onLoad({ filter: /.*/, namespace: 'file' }, loaded);
  },
};

async function loaded({ path, with: attributes }: OnLoadArgs): Promise<OnLoadResult | undefined> {
  const kind = statedKind(attributes.type) ?? assetKind(path);
  if (kind === undefined) return undefined;
  if (kind === 'wasm') return { contents: wasmModule(basename(path)), loader: 'js', resolveDir: dirname(path) };
  return { contents: await readFile(path), loader: LOADERS[kind] };
}
