/** A healthy function that is asked all the while. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { judge, LEAST_TIMES, type SlowdownRule } from './measure/slowdown.ts';

/** Who calls, and how. */
export interface Asking {
  /** Of the gateway. */
  hostname: string;
  port: number;
  /** The function's. */
  host: string;
  path: string;
  everyMs: number;
  /** Whether the replica is the worker's own, which says what it was asked. */
  echoes: boolean;
}

export interface VictimData {
  /** What its replica answers to the question for readiness. */
  uid: string;
}

/** What came of the calls since the last look. */
export interface Taken {
  /** Until the end of each answer, in milliseconds. */
  timesMs: number[];
  /** Calls without an answer, or with another's. */
  wrong: string[];
}

/** 20 times a second. */
export const ASKED_EVERY_MS = 50;
/** What two processors that are busy with an attack add to an answer is below the floor; nobody waits for a second. */
const RULE: SlowdownRule = { floorMs: 10, capMs: 1_000 };

export class Victim implements AsyncDisposable {
  /** Port of its replica. */
  readonly port: number;
  readonly #worker: Worker;

  static async start(uid: string): Promise<Victim> {
    const worker = new Worker(new URL('victim-worker.ts', import.meta.url), {
      workerData: { uid } satisfies VictimData,
    });
    const [port] = await once(worker, 'message');
    return new Victim(worker, port as number);
  }

  private constructor(worker: Worker, port: number) {
    this.#worker = worker;
    this.port = port;
  }

  /** From now on it is asked. */
  ask(asking: Asking): void {
    this.#worker.postMessage(asking);
  }

  /** Times since the last call. */
  async take(): Promise<Taken> {
    this.#worker.postMessage('take');
    const [taken] = await once(this.#worker, 'message');
    return taken as Taken;
  }

  /** What the attack, under way since `before` was taken, did to it; empty: nothing beyond the rule. */
  async harm(before: Taken): Promise<string[]> {
    const during = await this.#takeEnough();
    const { beforeMs, duringMs, longestMs, wrong } = judge(before.timesMs, during.timesMs, RULE);
    console.log(
      `victim: ${during.timesMs.length} answers, median ${duringMs.toFixed(1)} ms (before ${beforeMs.toFixed(1)} ms), longest ${longestMs.toFixed(0)} ms`,
    );
    return [...before.wrong, ...during.wrong, ...(wrong === undefined ? [] : [`the victim: ${wrong}`])];
  }

  /** Times since the last call: of a few cases that are repeated there may be none yet. */
  async #takeEnough(): Promise<Taken> {
    const endsAtMs = performance.now() + RULE.capMs;
    const { timesMs, wrong } = await this.take();
    while (timesMs.length < LEAST_TIMES && performance.now() < endsAtMs) {
      await sleep(ASKED_EVERY_MS);
      const more = await this.take();
      timesMs.push(...more.timesMs);
      wrong.push(...more.wrong);
    }
    return { timesMs, wrong };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
