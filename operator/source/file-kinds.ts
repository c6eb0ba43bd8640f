/** As what a file of a function's is imported. Pure. */
import { posix } from 'node:path';
import type * as esbuild from 'esbuild';
import type { SourceFiles } from '../function/revision.ts';
import { LOADERS } from './scan-calls.ts';

/** `wasm`: a compiled WebAssembly.Module. Undefined: it has to be said with the import. */
type FileKind = esbuild.Loader | 'wasm' | undefined;

/** By `with { type: … }`. */
const TYPED: Record<string, esbuild.Loader> = { text: 'text', bytes: 'binary', json: 'json' };
/** What is imported as a string. */
const TEXTS =
  /\.(?:txt|text|md|html?|css|svg|xml|csv|tsv|sql|graphql|gql|ya?ml|toml|ini|pem|tmpl|hbs|mustache|ejs|liquid)$/i;
/** What is imported as a Uint8Array. */
const BYTES = /\.(?:bin|dat|png|jpe?g|gif|webp|avif|ico|pdf|zip|gz|br|woff2?|ttf|otf|der|pb|db|sqlite)$/i;

/** @param attributes of the import. */
export function fileKind(path: string, attributes: Readonly<Record<string, string>>, source: SourceFiles): FileKind {
  const typed = attributes.type === undefined ? undefined : TYPED[attributes.type];
  if (typed !== undefined) return typed;
  if (path.endsWith('.wasm')) return 'wasm';
  const isBinary = Object.hasOwn(source.binary ?? {}, path);
  const loader = Object.hasOwn(source.files, path) ? LOADERS[posix.extname(path)] : undefined;
  if (loader !== undefined) return loader;
  if (isBinary || BYTES.test(path)) return 'binary';
  return TEXTS.test(path) ? 'text' : undefined;
}

/** A file's bytes, or its text. */
export function contentOf(path: string, { files, binary }: SourceFiles): string | Buffer {
  const encoded = Object.hasOwn(binary ?? {}, path) ? binary?.[path] : undefined;
  return encoded === undefined ? (files[path] ?? '') : Buffer.from(encoded, 'base64');
}

/** What stands for a `.wasm` file: it is compiled when it is imported, as on Workers, and not instantiated. */
export function wasmModule(path: string): string {
  const bytes = JSON.stringify(`./${posix.basename(path)}`);
  return `import bytes from ${bytes} with { type: 'bytes' };\nexport default new WebAssembly.Module(bytes);`;
}

/** Whether the function has a file of that path, of text or not. */
export function hasFile({ files, binary }: SourceFiles, path: string): boolean {
  return Object.hasOwn(files, path) || Object.hasOwn(binary ?? {}, path);
}
