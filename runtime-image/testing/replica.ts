/** For tests: a real replica as a process of its own, the files of the image, with a bundle as the operator makes it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { BUNDLE_TEXT } from '../../api/names.ts';

const MAIN = buildRuntime();
/** Longest wait for a line of the log, in milliseconds. */
const LINE_MS = 15_000;

/** The runtime as it is in the image: it starts in a third of the time that its source takes. */
function buildRuntime(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'catnap-runtime-'));
  process.on('exit', () => rmSync(directory, { recursive: true }));
  const builder = new URL('../../.toolchain/build.ts', import.meta.url).pathname;
  execFileSync(process.execPath, [builder, 'runtime', '--dist', directory], { stdio: 'inherit' });
  return path.join(directory, 'runtime', 'runtime.mjs');
}

/** Headers by which the gateway says that the caller may see all of a failure. */
export const WITH_DETAIL = { 'x-catnap-error-detail': 'true' } as const;

export type LogLine = Readonly<Record<string, unknown>> & { level: string; msg: string };

/** The environment that carries a bundle of the TypeScript module `source`. @param chunkLength compressed, in such chunks. */
export async function bundleEnv(source: string, chunkLength?: number): Promise<Record<string, string>> {
  const built = await build({
    stdin: { contents: source, sourcefile: 'index.ts', loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'inline',
    write: false,
    logLevel: 'silent',
  });
  const code = built.outputFiles[0]?.text ?? '';
  const chunks = chunkLength === undefined ? [BUNDLE_TEXT + code] : compressed(code, chunkLength);
  const named = chunks.map((chunk, index) => [`CATNAP_BUNDLE_${index}`, chunk] as const);
  return { ...Object.fromEntries(named), CATNAP_BUNDLE_CHUNKS: String(chunks.length) };
}

function compressed(code: string, chunkLength: number): string[] {
  const base64 = brotliCompressSync(code).toString('base64');
  return Array.from({ length: Math.ceil(base64.length / chunkLength) }, (_, chunk) =>
    base64.slice(chunk * chunkLength, (chunk + 1) * chunkLength),
  );
}

/** A replica that runs; disposing of it kills it and waits for its end. */
export class Replica implements AsyncDisposable {
  readonly process: ChildProcess;
  /** Exit code and signal, once it has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  readonly lines: LogLine[] = [];
  /** Lines that are no JSON. */
  readonly texts: string[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(env: Readonly<Record<string, string>>, directory?: string) {
    this.process = spawn(process.execPath, [MAIN], {
      env: { PORT: '0', CATNAP_HOST: '127.0.0.1', CATNAP_METRICS_PORT: '0', CATNAP_FUNCTION: 'hello', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    this.ended = once(this.process, 'close').then(([code, signal]) => ({ code, signal }));
    if (this.process.stdout === null) throw new Error('no stdout');
    createInterface(this.process.stdout).on('line', (text) => {
      if (text.startsWith('{')) this.lines.push(JSON.parse(text));
      else this.texts.push(text);
      for (const look of this.#watchers) look();
    });
  }

  /** The first line of the log for which `is` holds, written already or to come. */
  line(is: (line: LogLine) => boolean): Promise<LogLine> {
    return this.#among(this.lines, is);
  }

  /** The first line that is no JSON and matches `pattern`, written already or to come. */
  text(pattern: RegExp): Promise<string> {
    return this.#among(this.texts, (text) => pattern.test(text));
  }

  async #among<T>(lines: readonly T[], is: (line: T) => boolean): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = () => {
      const found = lines.find(is);
      if (found !== undefined) resolve(found);
    };
    const timer = setTimeout(() => reject(new Error(`no such line: ${JSON.stringify(lines)}`)), LINE_MS);
    this.#watchers.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(look);
    }
  }

  /** Base URL of the traffic port, once it has started. */
  async origin(): Promise<string> {
    const { port } = await this.line((line) => line.msg === 'started');
    return `http://127.0.0.1:${port}`;
  }

  async metrics(): Promise<string> {
    const { metricsPort } = await this.line((line) => line.msg === 'started');
    return (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  }

  /** Resolves once no request is in flight. */
  async idle(): Promise<void> {
    while (!/catnap_runtime_in_flight 0\n/.test(await this.metrics())) await sleep(20);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

/** A replica of the TypeScript module `source`. */
export async function replicaOf(source: string, env: Readonly<Record<string, string>> = {}): Promise<Replica> {
  return new Replica({ ...(await bundleEnv(source)), ...env });
}
