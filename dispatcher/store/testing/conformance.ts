import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Entry, Immediate, Lease, Limits, ListFilter, Settlement, Store } from '../store.ts';
import { type Burst, histories, IDS, type Step, TIGHT_LIMITS, UIDS } from './histories.ts';
import { ModelStore } from './model-store.ts';

type AnyStore = Store | Immediate<Store>;

interface OpenOptions {
  limits: Limits;
  nowMs: () => number;
}

export interface Driver {
  /** How many histories it is tried with. */
  runs: number;
  /** False: a call may come before another one that was asked first; each then waits for the one before. */
  keepsOrder?: false;
  /** An empty store. */
  open(options: OpenOptions): AnyStore | Promise<AnyStore>;
  /** Ends the store and opens another one on the same data. */
  reopen(store: AnyStore, options: OpenOptions): AnyStore | Promise<AnyStore>;
}

/**
 * Holds a driver against the model: each step of each history has to give the same answer, and after each burst both have
 * the same counts, with none unaccounted for. The histories are other ones in each run; a failure prints
 * its seed and the shortest history that it found.
 */
export function conforms(name: string, driver: Driver): void {
  test(`${name} answers as the model does, in ${driver.runs} histories`, { timeout: 390_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(histories, (history) => follow(driver, history)),
      { numRuns: driver.runs, interruptAfterTimeLimit: 360_000, markInterruptAsFailure: true },
    );
  });
}

async function follow(driver: Driver, history: readonly Burst[]): Promise<void> {
  let nowMs = 0;
  const options = { limits: TIGHT_LIMITS, nowMs: () => nowMs };
  const model = new ModelStore(options);
  let store = await driver.open(options);
  const leases: Lease[] = [];
  try {
    for (const burst of history) {
      if (burst === 'restart') {
        store = await driver.reopen(store, options);
        continue;
      }
      const known = [...leases];
      const pairs: { step: Step; answer: unknown; wanted: unknown }[] = [];
      for (const step of burst) {
        if (step.do === 'wait') nowMs += step.ms;
        pairs.push({ step, answer: take(store, step, known), wanted: take(model, step, known) });
        await (driver.keepsOrder === false && pairs.at(-1)?.answer);
      }
      for (const { step, answer, wanted } of pairs) {
        const given = await answer;
        assert.deepEqual(given, await wanted, JSON.stringify(step));
        if (step.do === 'lease') leases.push(...(given as { entries: Lease[] }).entries);
      }
      assert.deepEqual(await summary(store), await summary(model));
      assert.equal(await store.unaccounted(), 0);
    }
    assert.deepEqual(await everything(store), await everything(model));
  } finally {
    await store.close();
  }
}

function take(store: AnyStore, step: Step, leases: readonly Lease[]): unknown {
  const named = (number: number) => leases[number % leases.length] as Lease;
  switch (step.do) {
    case 'enqueue':
      return store.enqueue(step.batch, new Map(step.cursors));
    case 'cursors':
      return store.cursors(step.prefix, step.after);
    case 'lease':
      return store.lease(new Map(step.room), step.leaseMs);
    case 'extend':
      return leases.length > 0 && store.extend(step.leases.map(named), step.leaseMs);
    case 'settle':
      return (
        leases.length > 0 &&
        store.settle(step.leases.map(([number, rest]) => ({ ...handle(named(number)), ...rest }) as Settlement))
      );
    case 'cancel':
    case 'redrive':
    case 'forget':
    case 'payloads':
      return store[step.do](step.ids);
    case 'cancelByOwner':
      return store.cancelByOwner(step.uid);
    case 'list':
      return listed(store, step.filter, step.limit);
    case 'wait':
      return undefined;
  }
}

const handle = ({ id, epoch }: Lease) => ({ id, epoch });

/** All pages, one after the other. */
async function listed(store: AnyStore, filter: ListFilter, limit: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(filter, { cursor, limit });
    entries.push(...page.entries);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return entries;
}

async function summary(store: AnyStore) {
  return { totals: await store.totals(), counts: await store.counts(), one: await store.counts(UIDS[0]) };
}

async function everything(store: AnyStore) {
  const of = async (id: string) => [await store.entry(id), await store.payload(id), await store.result(id)];
  return { ids: await Promise.all(IDS.map(of)), list: await listed(store, {}, 2), cursors: await store.cursors('') };
}
