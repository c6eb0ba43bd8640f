import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogStreamOptions } from '../kube/calls.ts';
import { KubeError } from '../kube/error.ts';
import { until } from '../testing/until.ts';
import { ContainerLog } from './container-log.ts';
import type { ContainerState } from './container-states.ts';
import { logTime } from './log-line.ts';
import { StreamSlots } from './stream-slots.ts';

/** Plays kubelet: the logs of one container's runs, which are added to, cut and lost. */
class Kubelet {
  readonly runs: string[][] = [];
  /** Of the run that `podLogStream` reads without `previous`. */
  alive = true;
  /** Streams that are open now, and how to cut each. */
  readonly streams = new Set<() => void>();
  #wake = Promise.withResolvers<void>();

  /** @param atMs of the line; several may have the same */
  write(text: string, atMs: number): void {
    this.runs.at(-1)?.push(`${logTime(atMs)} ${text}`);
    this.#change();
  }

  restart(): void {
    this.runs.push([]);
    this.alive = true;
    this.#change();
  }

  end(): void {
    this.alive = false;
    this.#change();
  }

  cut(): void {
    for (const cut of this.streams) cut();
  }

  async *podLogStream(_pod: object, options: LogStreamOptions): AsyncGenerator<Uint8Array, void, void> {
    const run = this.runs.at(options.previous === true ? -2 : -1);
    if (run === undefined) throw new KubeError(400, 'BadRequest', 'there is no such log');
    const own = new AbortController();
    const cut = () => own.abort(new KubeError(0, 'NoAnswer', 'cut'));
    this.streams.add(cut);
    options.signal.addEventListener('abort', cut);
    try {
      yield* this.#linesOf(run, options, own.signal);
    } finally {
      this.streams.delete(cut);
    }
  }

  async *#linesOf(run: string[], { follow, sinceTime }: LogStreamOptions, cut: AbortSignal) {
    const cutOff = new Promise<void>((resolve) => cut.addEventListener('abort', () => resolve()));
    for (let at = 0; ; ) {
      cut.throwIfAborted();
      const bytes = bytesOf(run.slice(at), sinceTime ?? '');
      at = run.length;
      yield* pieces(bytes);
      if (follow !== true || !this.#mayGrow(run)) return;
      if (at === run.length) await Promise.race([this.#wake.promise, cutOff]);
    }
  }

  #mayGrow(run: readonly string[]): boolean {
    return run === this.runs.at(-1) && this.alive;
  }

  #change(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** They end anywhere. */
function* pieces(bytes: Buffer): Generator<Uint8Array, void, void> {
  for (let start = 0; start < bytes.length; start += 7) yield bytes.subarray(start, start + 7);
}

/** Of this second or later. */
function bytesOf(lines: readonly string[], sinceTime: string): Buffer {
  const wanted = lines.filter((line) => line.slice(0, 19) >= sinceTime.slice(0, 19));
  return Buffer.from(wanted.map((line) => `${line}\n`).join(''));
}

function followed(kubelet: Kubelet, state: ContainerState, slots = new StreamSlots(10)) {
  const lines: string[] = [];
  const runs: number[] = [];
  const sink = {
    line: ({ text }: { text: string }, run: number) => {
      lines.push(text);
      runs.push(run);
    },
  };
  const options = { kube: kubelet, pod: { namespace: 'n', name: 'p' }, container: 'c', sink, slots };
  return { lines, runs, log: new ContainerLog(options, state) };
}

const running = (run: number): ContainerState => ({ run, phase: 'running' });
const ended = (run: number): ContainerState => ({ run, phase: 'ended' });
const T = Date.UTC(2026, 0, 1);

test('a stream that is cut goes on where it was: no line is lost or doubled, of the same moment too', async () => {
  const kubelet = new Kubelet();
  kubelet.restart();
  const { lines, log } = followed(kubelet, running(0));
  const written: string[] = [];
  for (let n = 0; n < 40; n += 1) {
    written.push(`line ${n}`);
    kubelet.write(`line ${n}`, T + Math.floor(n / 4) * 300);
    if (n % 10 === 9) {
      await until(() => kubelet.streams.size > 0, 'a stream is open');
      kubelet.cut();
    }
  }
  await until(() => lines.length >= written.length, 'all lines are there');
  assert.deepEqual(lines, written);
  await log[Symbol.asyncDispose]();
  assert.equal(kubelet.streams.size, 0);
});

test('after a crash the last lines are there, and those of the next run', async () => {
  const kubelet = new Kubelet();
  kubelet.restart();
  const { lines, runs, log } = followed(kubelet, running(0));
  kubelet.write('one', T);
  await until(() => lines.length === 1, 'the first line');
  kubelet.cut();
  // Written, and over, while no stream was open; kubelet has begun the next run already.
  kubelet.write('last words', T + 1);
  kubelet.end();
  kubelet.restart();
  kubelet.write('again', T + 2_000);
  log.update(running(1));
  await until(() => lines.length === 3, 'all lines are there');
  assert.deepEqual(lines, ['one', 'last words', 'again']);
  assert.deepEqual(runs, [0, 0, 1]);
  await log[Symbol.asyncDispose]();
});

test('a container that is first seen after a restart: the run before it is read too', async () => {
  const kubelet = new Kubelet();
  kubelet.restart();
  kubelet.write('crash', T);
  kubelet.restart();
  kubelet.write('now', T + 1_000);
  const { lines, runs, log } = followed(kubelet, running(1));
  await until(() => lines.length === 2, 'both');
  assert.deepEqual(
    [lines, runs],
    [
      ['crash', 'now'],
      [0, 1],
    ],
  );
  await log[Symbol.asyncDispose]();
});

test('a container that has ended is read once, and is read on after its restart', async () => {
  const kubelet = new Kubelet();
  kubelet.restart();
  kubelet.write('crash', T);
  kubelet.end();
  const { lines, log } = followed(kubelet, ended(0));
  await until(() => lines.length === 1, 'the crash');
  log.update(ended(0));
  kubelet.restart();
  kubelet.write('now', T + 1);
  log.update(running(1));
  await until(() => lines.length === 2, 'the next run');
  assert.deepEqual(lines, ['crash', 'now']);
  await log[Symbol.asyncDispose]();
});

test('of a pod that is gone what is still on its way is read, and then there is an end', async () => {
  const kubelet = new Kubelet();
  kubelet.restart();
  const { lines, log } = followed(kubelet, running(0));
  kubelet.write('one', T);
  await until(() => lines.length === 1, 'the first line');
  log.gone();
  kubelet.write('goodbye', T + 1);
  kubelet.end();
  await log.done;
  assert.deepEqual(lines, ['one', 'goodbye']);
});

test('one whose place another tenant needs goes on when there is a place again', async () => {
  const kubelet = new Kubelet();
  kubelet.restart();
  const slots = new StreamSlots(2);
  using _mine = await slots.acquire('n', new AbortController().signal);
  const { lines, log } = followed(kubelet, running(0), slots);
  kubelet.write('one', T);
  await until(() => lines.length === 1, 'the first line');
  const other = await slots.acquire('another', new AbortController().signal);
  kubelet.write('two', T);
  other[Symbol.dispose]();
  await until(() => lines.length === 2, 'the second line');
  assert.deepEqual(lines, ['one', 'two']);
  await log[Symbol.asyncDispose]();
});

test('what has no log yet is asked again, with pauses, until it has', async () => {
  const kubelet = new Kubelet();
  const { lines, log } = followed(kubelet, running(0));
  kubelet.restart();
  kubelet.write('one', T);
  await until(() => lines.length === 1, 'the first line');
  await log[Symbol.asyncDispose]();
});
