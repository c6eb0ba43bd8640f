/** Operator and activator as processes, with thousands of Functions, and what those cost them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { API_VERSION, KIND } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { CONFIG_MAPS, DEPLOYMENTS, type Resource, SERVICES } from '#platform/kube/resources.ts';
import type { LocalCluster } from '../../local/run/cluster.ts';
import { pssMib } from '../bench/processes.ts';
import { eventually } from './eventually.ts';
import { imageEnv } from './image-env.ts';
import { inherited } from './settings.ts';

const FUNCTION: Resource<FunctionObject> = FUNCTIONS;
const ROOT = join(import.meta.dirname, '..', '..');
/** Writes that are under way at once while the Functions are made. */
const AT_ONCE = 16;

export type Measured = 'operator' | 'activator';
const LOOP_WATCH = join(import.meta.dirname, 'loop-watch.mjs');
const LISTENING: Record<Measured, string> = { operator: 'listening', activator: 'gateway listens' };

export interface ProcessReading {
  /** Pss after a while of nothing. */
  mib: number;
  /** Highest resident set until then. */
  peakMib: number;
  sockets: number;
}

export interface RunningOptions {
  cluster: LocalCluster;
  /** The program as it is in the image, in dist/, in place of the one in the checkout; default false. */
  built?: boolean;
  env?: Readonly<Record<string, string>>;
}

/** A process of ours on an API server. */
export class Running implements AsyncDisposable {
  readonly process: ChildProcess;
  /** Longest that its main loop has stood still, in milliseconds. */
  stallMs = 0;
  readonly #exited: Promise<unknown>;
  readonly #opsPort: Promise<number>;

  constructor(what: Measured, { cluster, built = false, env = {} }: RunningOptions) {
    const own = {
      CATNAP_OPS_PORT: '0',
      CATNAP_GATEWAY_PORT: '0',
      HOST: '127.0.0.1',
      CATNAP_ACTIVATOR_URLS: '',
    };
    const program = built ? join(ROOT, 'dist', what, `${what}.mjs`) : join(ROOT, what, 'main.ts');
    this.process = spawn(process.execPath, ['--import', LOOP_WATCH, program], {
      env: { ...inherited, ...(built && imageEnv(what)), ...cluster.access, ...own, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.process.on('message', ({ stallMs }: { stallMs: number }) => {
      this.stallMs = stallMs;
    });
    this.#exited = once(this.process, 'exit');
    this.#opsPort = new Promise((resolve) => {
      createInterface({ input: this.process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const { msg, opsPort } = JSON.parse(line) as { msg?: string; opsPort?: number };
        if (msg === LISTENING[what] && opsPort !== undefined) resolve(opsPort);
      });
    });
  }

  /** One sample of `/metrics`; 0 where there is none. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${await this.#opsPort}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1] ?? 0,
    );
  }

  async ready(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${await this.#opsPort}/readyz`)).ok;
  }

  read(): ProcessReading {
    const pid = this.process.pid ?? 0;
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    return {
      mib: pssMib(pid),
      peakMib: peakMib(pid),
      sockets: files.filter((file) => file.startsWith('socket:')).length,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#exited;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // it was closed meanwhile
  }
}

function peakMib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

const nameOf = (index: number) => `scale-${index}`;

/** What each has besides its source. */
export interface Belongings {
  route: boolean;
  /** It takes its environment from a ConfigMap of its own. */
  configMap: boolean;
}

/** Each with 4 KiB of source of its own; by default with a route and a ConfigMap too. */
export async function makeFunctions(
  kube: KubeClient,
  count: number,
  { route, configMap }: Belongings = { route: true, configMap: true },
): Promise<void> {
  const namespace = 'default';
  await inParallel(count, async (index, signal) => {
    const name = nameOf(index);
    const data = { GREETING: `hello ${index}` };
    if (configMap)
      await kube.create(CONFIG_MAPS, { metadata: { namespace, name }, data }, { fieldManager: 'user', signal });
    const inline = `export default () => 'hello from ${index}';\n//`.padEnd(4_096, 'source ');
    const spec = {
      source: { inline },
      scaling: { tryOnChange: false },
      ...(configMap && { envFrom: [{ configMapRef: { name } }] }),
      ...(route && { routes: [{ host: `${name}.example.com` }] }),
    };
    const object = { apiVersion: API_VERSION, kind: KIND, metadata: { namespace, name }, spec };
    await kube.apply(FUNCTION, object as never, { fieldManager: 'kubectl', signal });
  });
}

async function inParallel(count: number, work: (index: number, signal: AbortSignal) => Promise<void>): Promise<void> {
  let next = 0;
  const signal = AbortSignal.timeout(600_000);
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index, signal);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Resolves when each has a revision and its status says so. */
export async function untilMade(kube: KubeClient, count: number, withinMs: number): Promise<void> {
  await eventually(
    `${count} Functions are made`,
    async () => {
      const { items } = await kube.listAll(FUNCTION, { signal: AbortSignal.timeout(30_000) });
      const made = items.filter((fn) => fn.status?.observedGeneration === 1 && fn.status.latestRevision !== undefined);
      if (made.length === count) return true;
      throw new Error(`${made.length} are`);
    },
    withinMs,
  );
}

/** Name and version of all that the operator writes. */
export async function versions(kube: KubeClient): Promise<string[]> {
  const kinds: Resource[] = [FUNCTION, DEPLOYMENTS, SERVICES, CONFIG_MAPS];
  const lists = await Promise.all(
    kinds.map((kind) => kube.listAll(kind, { metadataOnly: true, signal: AbortSignal.timeout(60_000) })),
  );
  return lists.flatMap(({ items }) =>
    items.map(({ metadata }) => `${metadata?.uid} ${metadata?.name} ${metadata?.resourceVersion}`),
  );
}

export interface RestartReading {
  /** From the start of the operator's process until it has looked at every Function. */
  seconds: number;
  /** Longest that its main loop stood still in that time. */
  stallMs: number;
}

/** Waits until a freshly started operator has looked at `count` Functions. */
export async function untilReconciled(operator: Running, count: number, withinMs: number): Promise<RestartReading> {
  const startedAtMs = performance.now();
  await eventually(
    `${count} Functions are reconciled`,
    async () => {
      const runs = await operator.metric('catnap_work_queue_run_seconds_count{queue="functions",result="done"}');
      if (runs < count) throw new Error(`${runs} are`);
      return true;
    },
    withinMs,
  );
  return { seconds: (performance.now() - startedAtMs) / 1000, stallMs: operator.stallMs };
}

/** What a freshly started process takes after `idleSeconds` of nothing. */
export async function afterIdle(running: Running, idleSeconds: number): Promise<ProcessReading> {
  await eventually('it is ready', () => running.ready(), 60_000);
  await sleep(idleSeconds * 1000);
  return running.read();
}
