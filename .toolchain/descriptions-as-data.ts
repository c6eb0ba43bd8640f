import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { parseDeclaration } from '../local/cluster/api-server/discovery/model-descriptions.ts';
import { root } from './bundle-options.ts';

const DECLARATIONS = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');

/** What stands for the module that reads the client library's declarations, where a package has no such library. */
const MODULE = `
  export async function readDescription(model) {
    const { default: texts } = await import('descriptions-of-models');
    const found = Object.hasOwn(texts, model) ? texts[model] : undefined;
    return found && { text: found[0], fields: new Map(Object.entries(found[1])) };
  }`;

/** What `kubectl explain` shows of built-in kinds goes into the local cluster's API server, as a part that is loaded when it is asked for. */
export const descriptionsAsData: Plugin = {
  name: 'descriptions as data',
  setup(build) {
    build.onLoad({ filter: /\/discovery\/model-descriptions\.ts$/ }, () => ({ contents: MODULE }));
    build.onResolve({ filter: /^descriptions-of-models$/ }, ({ path }) => ({ path, namespace: 'descriptions' }));
    build.onLoad({ filter: /./, namespace: 'descriptions' }, async () => ({
      contents: JSON.stringify(await allTexts()),
      loader: 'json',
    }));
  },
};

/** By model: its own text, and those of its fields. */
async function allTexts(): Promise<Record<string, [string, Record<string, string>]>> {
  const files = (await readdir(DECLARATIONS)).filter((file) => /^V\d\w+\.d\.ts$/.test(file)).sort();
  const texts = files.map(async (file) => {
    const { text, fields } = parseDeclaration(await readFile(join(DECLARATIONS, file), 'utf8'));
    return [file.replace('.d.ts', ''), [text, Object.fromEntries(fields)]] as const;
  });
  return Object.fromEntries(await Promise.all(texts)) as Record<string, [string, Record<string, string>]>;
}
