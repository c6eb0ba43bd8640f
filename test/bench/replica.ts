import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as esbuild from 'esbuild';
import { RUNTIME_ENV, type Signature } from '#api/names.ts';
import { compileSource } from '../../operator/source/compile-source.ts';
import { type Side, startOn } from './cores.ts';
import { type Server, startListening } from './server.ts';

const RUNTIME = join(import.meta.dirname, '../../dist/runtime/runtime.mjs');
const ENTRY = 'index.js';

/** What a pod's environment says of its function. */
export type FunctionEnv = Readonly<Record<string, string>>;

/** A function as the operator stores it. @param source TypeScript; what it imports is looked for beside this file. */
export async function functionEnv(source: string, signature: Signature): Promise<FunctionEnv> {
  const stdin = { contents: source, resolveDir: import.meta.dirname, loader: 'ts' } as const;
  const { outputFiles } = await esbuild.build({ stdin, bundle: true, format: 'esm', platform: 'node', write: false });
  const files = { [ENTRY]: outputFiles[0]?.text ?? '' };
  const { chunks } = await compileSource({ files, entry: ENTRY }, { handler: 'default', signature }, esbuild);
  await esbuild.stop();
  return {
    [RUNTIME_ENV.function]: 'hello',
    [RUNTIME_ENV.namespace]: 'default',
    [RUNTIME_ENV.revision]: 'hello-1',
    [RUNTIME_ENV.handler]: 'default',
    [RUNTIME_ENV.signature]: signature,
    [RUNTIME_ENV.timeoutSeconds]: '60',
    [RUNTIME_ENV.concurrencyLimit]: '0',
    [RUNTIME_ENV.bundleChunks]: String(chunks.length),
    ...Object.fromEntries(chunks.map((chunk, index) => [`${RUNTIME_ENV.bundlePrefix}${index}`, chunk])),
  };
}

/** Seconds of each phase of a start. */
export type Phases = Readonly<Record<string, number>>;

export interface Replica extends Server {
  phases: Phases;
}

/**
 * The runtime as it is in its image, with a pod's environment. Returned once it has answered and said how it started.
 * @param nodeOptions for node, before the program
 */
export async function startReplica(
  side: Side | 'any',
  fn: FunctionEnv,
  nodeOptions: readonly string[] = [],
): Promise<Replica> {
  const said = Promise.withResolvers<Phases>();
  const server = await startListening((port) => {
    const env = {
      NODE_ENV: 'production',
      [RUNTIME_ENV.port]: String(port),
      [RUNTIME_ENV.host]: '127.0.0.1',
      [RUNTIME_ENV.metricsPort]: '0',
      ...fn,
    };
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = startOn(side, [process.execPath, ...nodeOptions, RUNTIME], { env, stdio: [...stdio] });
    if (child.stdout === null) throw new Error('no stdout');
    const lines = createInterface(child.stdout);
    void once(lines, 'line').then(([line]) => said.resolve(JSON.parse(line).startSeconds), said.reject);
    return child;
  });
  return { ...server, phases: await said.promise };
}
