import { MAX_BATCH } from '../check-input.ts';
import type { Limits } from '../store.ts';
import { StoreError } from '../store.ts';
import { Waiting, type Weight } from '../waiting.ts';
import type { Connections } from './connections.ts';
import { inWords, isLost, isTakenBack } from './errors.ts';
import { forgetExpired } from './removal.ts';
import { Transaction } from './transaction.ts';

/** Entries that the calls of one transaction change, about: none waits long for the others of its group. */
const GROUP = 500;
/** How often a transaction is tried that the database took back for others that ran beside it. */
const TRIES = 5;

/** What a call does, in a transaction that others share. */
type Work = (tx: Transaction, nowMs: number) => Promise<unknown>;

/** Does the work of several calls at once: one answer for each item. */
interface Batched<T> {
  run: (tx: Transaction, items: readonly T[], nowMs: number) => Promise<readonly unknown[]>;
}

interface Call {
  work: Work;
  /** Calls beside each other of the same kind and time are run as one. */
  batch?: { kind: Batched<never>; items: readonly unknown[] };
  /** Undefined: the database's. */
  nowMs: number | undefined;
  weight: Weight;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Calls in their order, one transaction after the other. What comes while one runs is the next: the slower the database, the
 * larger the groups. Where one of a group fails, each is run again by itself, so that it alone fails; where the connection
 * fails, all of the group fail, and what they changed may have been written or not.
 */
export class Lane {
  readonly #connections: Connections;
  readonly #limits: Limits;
  readonly #waiting = new Waiting('the database of the queue');
  #calls: Call[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(connections: Connections, limits: Limits) {
    this.#connections = connections;
    this.#limits = limits;
  }

  do<T>(work: (tx: Transaction, nowMs: number) => Promise<T>, nowMs: number | undefined, weight: Weight): Promise<T> {
    return this.#add({ work, nowMs, weight }) as Promise<T>;
  }

  doBatch<I, O>(
    kind: { run: (tx: Transaction, items: readonly I[], nowMs: number) => Promise<readonly O[]> },
    items: readonly I[],
    { nowMs, weight }: { nowMs: number | undefined; weight: Weight },
  ): Promise<O[]> {
    const work: Work = (tx, now) => kind.run(tx, items, now);
    return this.#add({ work, batch: { kind: kind as Batched<never>, items }, nowMs, weight }) as Promise<O[]>;
  }

  /** Resolves once all that was asked before is answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #add(call: Omit<Call, 'resolve' | 'reject'>): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new StoreError('Closed', 'the store is closed'));
    const busy = this.#waiting.refusal(call.weight);
    if (busy !== undefined) return Promise.reject(busy);
    this.#waiting.add(call.weight);
    const answer = new Promise<unknown>((resolve, reject) => this.#calls.push({ ...call, resolve, reject }));
    this.#running ??= this.#drain();
    return answer.finally(() => this.#waiting.remove(call.weight));
  }

  async #drain(): Promise<void> {
    // What is asked in the same turn is the first group.
    await Promise.resolve();
    while (this.#calls.length > 0) await this.#commit(this.#nextGroup());
    this.#running = undefined;
  }

  #nextGroup(): Call[] {
    let entries = 0;
    const end = this.#calls.findIndex(({ weight }) => {
      entries += weight.entries;
      return entries > GROUP;
    });
    return this.#calls.splice(0, end === -1 ? this.#calls.length : Math.max(end, 1));
  }

  async #commit(group: readonly Call[]): Promise<void> {
    let failure: unknown;
    for (let tried = 0; tried < TRIES; tried += 1) {
      try {
        const answers = await this.#connections.use((client) => this.#run(client, group));
        for (const [at, { resolve }] of group.entries()) resolve(answers[at]);
        return;
      } catch (error) {
        failure = error;
        if (!isTakenBack(error)) break;
      }
    }
    if (group.length > 1 && !isLost(failure)) for (const call of group) await this.#commit([call]);
    else for (const { reject } of group) reject(inWords(failure));
  }

  async #run(client: Parameters<Parameters<Connections['use']>[0]>[0], group: readonly Call[]): Promise<unknown[]> {
    const tx = await Transaction.begin(client, this.#limits);
    try {
      const answers: unknown[] = [];
      for (const calls of together(group)) answers.push(...(await runTogether(tx, calls)));
      await tx.commit();
      return answers;
    } catch (error) {
      if (!isLost(error)) await tx.rollback();
      throw error;
    }
  }
}

/** Calls beside each other that can be run as one. */
function together(group: readonly Call[]): Call[][] {
  const all: Call[][] = [];
  let items = 0;
  for (const call of group) {
    const last = all.at(-1);
    const first = last?.[0];
    const size = call.batch?.items.length ?? 0;
    const fits = first?.batch !== undefined && first.batch.kind === call.batch?.kind && first.nowMs === call.nowMs;
    if (last !== undefined && fits && items + size <= MAX_BATCH) {
      last.push(call);
      items += size;
    } else {
      all.push([call]);
      items = size;
    }
  }
  return all;
}

async function runTogether(tx: Transaction, calls: readonly Call[]): Promise<unknown[]> {
  const [first] = calls as [Call];
  const nowMs = first.nowMs ?? tx.nowMs;
  await forgetExpired(tx, nowMs);
  if (calls.length === 1 || first.batch === undefined) return [await first.work(tx, nowMs)];
  const items = calls.flatMap(({ batch }) => batch?.items ?? []);
  const answers = [...(await first.batch.kind.run(tx, items as never[], nowMs))];
  return calls.map(({ batch }) => answers.splice(0, batch?.items.length ?? 0));
}
