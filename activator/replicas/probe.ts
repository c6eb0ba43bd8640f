import { READY_PATH } from '#api/names.ts';
import type { Clock } from '#platform/time/clock.ts';
import { caught, enter } from '../errors/guarded-entries.ts';
import type { ConnectionPool } from '../upstream/connection-pool.ts';
import type { Connection } from '../upstream/http1/connection.ts';
import { requestHead } from '../upstream/http1/request-head.ts';
import type { Receiver } from '../upstream/upstream-stream.ts';

/** Longest dial in the first second: a lost SYN is retried by TCP only after a second. */
const QUICK_DIAL_MS = 100;
const DIAL_MS = 1_000;
/** A runtime may hold the request until it is ready, half a second at most. */
const ANSWER_MS = 1_500;
const BODY_MAX_BYTES = 256;

/** A try costs some tenths of a millisecond of CPU here; the pause grows so that all pods together get two a millisecond. */
const MS_PER_POD = 0.5;

/**
 * Milliseconds until the next try: at first very short, for a request may wait for this answer; then backing off to twice a
 * second.
 * @param probed how many pods are being asked now, this one included.
 */
export function probePauseMs(probingForMs: number, probed: number): number {
  return Math.max(soonMs(probingForMs), Math.min(500, probed * MS_PER_POD));
}

function soonMs(probingForMs: number): number {
  if (probingForMs < 250) return 4;
  if (probingForMs < 1_000) return 15;
  return Math.min(500, probingForMs / 20);
}

export interface ProbeTarget {
  upstream: ConnectionPool;
  uid: string;
  probe: 'ready' | 'connect';
  /** How many pods are being asked now. */
  probed: () => number;
}

/**
 * Asks a replica until it answers, then calls `onAnswer` once; the connection that proved it waits in `upstream` for the
 * first request. Ends then, or by the returned function.
 */
export function probeUntilAnswer(target: ProbeTarget, clock: Clock, onAnswer: () => void): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const run = async () => {
    const startedAtMs = clock.nowMs();
    for (;;) {
      const probingForMs = clock.nowMs() - startedAtMs;
      const answered = await ask(target, clock, probingForMs < 1_000 ? QUICK_DIAL_MS : DIAL_MS, signal);
      if (signal.aborted) return;
      if (answered && took(onAnswer)) return;
      await pause(clock, probePauseMs(clock.nowMs() - startedAtMs, target.probed()), signal);
      if (signal.aborted) return;
    }
  };
  void run();
  return () => stop.abort();
}

/** False: it threw, and is to be called again after the next answer. */
function took(onAnswer: () => void): boolean {
  try {
    enter('replica probe');
    onAnswer();
    return true;
  } catch (error) {
    caught('replica probe', error);
    return false;
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener('abort', end);
  });
}

/** False whatever the cause: the next try is the only remedy. */
async function ask(target: ProbeTarget, clock: Clock, dialMs: number, signal: AbortSignal): Promise<boolean> {
  let connection: Connection;
  try {
    connection = await target.upstream.dial(dialMs);
  } catch {
    return false;
  }
  if (signal.aborted) {
    connection.destroy();
    return false;
  }
  // An image that knows nothing of Catnap has no readiness path.
  const answered = target.probe === 'connect' || (await askReady(connection, target, clock, signal));
  if (answered) target.upstream.give(connection);
  else connection.destroy();
  return answered;
}

/** 200 with the pod's uid. Another uid is another pod: addresses are used again. */
function askReady(connection: Connection, target: ProbeTarget, clock: Clock, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (answered: boolean) => {
      cancelTimer();
      signal.removeEventListener('abort', giveUp);
      resolve(answered);
    };
    const giveUp = () => finish(false);
    const cancelTimer = clock.after(ANSWER_MS, giveUp);
    signal.addEventListener('abort', giveUp);
    const { ip, port } = target.upstream;
    const host = `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
    const head = requestHead('GET', READY_PATH, ['host', host], { framing: 'none', upgrade: null });
    const receiver = new ReadyAnswer((status, body) => finish(status === 200 && body.trim() === target.uid));
    connection.send({ method: 'GET', head, body: 'none', upgrade: false }, receiver);
  });
}

/** Collects a short answer. */
class ReadyAnswer implements Receiver {
  readonly #onAnswer: (status: number, body: string) => void;
  #status = 0;
  #body = '';

  /** @param onAnswer called at least once; with status 0 for what was no answer, or a long one. */
  constructor(onAnswer: (status: number, body: string) => void) {
    this.#onAnswer = onAnswer;
  }

  head(status: number): void {
    this.#status = status;
  }

  whole(status: number, _reason: string, _headers: string[], body: string): void {
    this.#onAnswer(status, body);
  }

  data(chunk: Buffer, letGo: (() => void) | undefined): boolean {
    this.#body += chunk.toString('latin1');
    letGo?.();
    if (this.#body.length > BODY_MAX_BYTES) this.failed();
    return true;
  }

  end(): void {
    this.#onAnswer(this.#status, this.#body);
  }

  failed(): void {
    this.#onAnswer(0, '');
  }

  informational(): void {}
  switched(): void {}
  drained(): void {}
}
