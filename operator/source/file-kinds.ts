/** As what a file of a function's is imported. Pure. */
import { posix } from 'node:path';
import type * as esbuild from 'esbuild';
import { assetKind, statedKind } from '#api/rules/file-kind.ts';
import type { SourceFiles } from '../function/revision.ts';
import { LOADERS } from './scan-calls.ts';

/** `wasm`: a compiled WebAssembly.Module. Undefined: it has to be said with the import. */
type FileKind = esbuild.Loader | 'wasm' | undefined;

const LOADER = { text: 'text', bytes: 'binary', json: 'json', wasm: 'wasm' } as const;

/** @param attributes of the import. */
export function fileKind(path: string, attributes: Readonly<Record<string, string>>, source: SourceFiles): FileKind {
  const stated = statedKind(attributes.type);
  if (stated !== undefined) return LOADER[stated];
  const isBinary = Object.hasOwn(source.binary ?? {}, path);
  const loader = Object.hasOwn(source.files, path) ? LOADERS[posix.extname(path)] : undefined;
  if (loader !== undefined) return loader;
  const kind = assetKind(path);
  if (kind === 'wasm') return 'wasm';
  if (isBinary) return 'binary';
  return kind === undefined ? undefined : LOADER[kind];
}

/** A file's bytes, or its text. */
export function contentOf(path: string, { files, binary }: SourceFiles): string | Buffer {
  const encoded = Object.hasOwn(binary ?? {}, path) ? binary?.[path] : undefined;
  return encoded === undefined ? (files[path] ?? '') : Buffer.from(encoded, 'base64');
}

/** Whether the function has a file of that path, of text or not. */
export function hasFile({ files, binary }: SourceFiles, path: string): boolean {
  return Object.hasOwn(files, path) || Object.hasOwn(binary ?? {}, path);
}
