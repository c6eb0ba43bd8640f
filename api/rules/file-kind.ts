/** As what a file is imported whose kind its name or the import says; the same wherever a source is bundled. */

export type AssetKind = 'text' | 'bytes' | 'json' | 'wasm';

/** By `with { type: … }`. */
const TYPED: Readonly<Record<string, AssetKind>> = { text: 'text', bytes: 'bytes', json: 'json' };
/** What is imported as a string. */
const TEXTS =
  /\.(?:txt|text|md|html?|css|svg|xml|csv|tsv|sql|graphql|gql|ya?ml|toml|ini|pem|tmpl|hbs|mustache|ejs|liquid)$/i;
/** What is imported as a Uint8Array. */
const BYTES = /\.(?:bin|dat|png|jpe?g|gif|webp|avif|ico|pdf|zip|gz|br|woff2?|ttf|otf|der|pb|db|sqlite)$/i;

/** Undefined: the import does not say. @param type of `with { type }`. */
export function statedKind(type: string | undefined): AssetKind | undefined {
  return type === undefined || !Object.hasOwn(TYPED, type) ? undefined : TYPED[type];
}

/** Undefined: it is code, or it has to be said with the import. */
export function assetKind(path: string): AssetKind | undefined {
  if (path.endsWith('.wasm')) return 'wasm';
  if (BYTES.test(path)) return 'bytes';
  return TEXTS.test(path) ? 'text' : undefined;
}

/** What stands for a `.wasm` file: it is compiled when it is imported, as on Workers, and not instantiated. @param name of the file, in its folder. */
export function wasmModule(name: string): string {
  const bytes = JSON.stringify(`./${name}`);
  return `import bytes from ${bytes} with { type: 'bytes' };\nexport default new WebAssembly.Module(bytes);`;
}
