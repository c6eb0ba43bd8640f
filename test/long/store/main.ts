/** `node main.ts fill <path>`: a store with a million entries that wait. `node main.ts open <path>`: what opening it takes. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedStore } from '../../../dispatcher/store/embedded-store.ts';
import { DEFAULT_LIMITS } from '../../../dispatcher/store/store.ts';

const FUNCTIONS = 100;
const EACH = 10_000;
const limits = {
  ...DEFAULT_LIMITS,
  perFunction: { entries: EACH, bytes: 1e9 },
  perNamespace: { entries: FUNCTIONS * EACH, bytes: 1e9 },
};
const [plan = '', path = ''] = process.argv.slice(2);
/** Of this process, without what is shared with others. */
const privateMib = () => {
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const kib = [...rollup.matchAll(/^Private_\w+:\s+(\d+)/gm)].map((match) => Number(match[1]));
  return kib.reduce((sum, one) => sum + one, 0) / 1_024;
};

async function fill(store: EmbeddedStore): Promise<void> {
  for (let n = 0; n < (FUNCTIONS * EACH) / 1_000; n += 1) {
    const owner = { uid: `uid-${n % FUNCTIONS}`, namespace: 'one', name: `f${n % FUNCTIONS}` };
    const batch = Array.from({ length: 1_000 }, (_, at) => ({
      id: `e${n}-${at}`,
      owner,
      head: new Uint8Array(50),
      body: new Uint8Array(50),
    }));
    await store.enqueue(batch);
  }
}

const beginsAtMs = performance.now();
const store = await EmbeddedStore.open({ path, limits });
const counts = await store.counts();
const openMs = Math.round(performance.now() - beginsAtMs);
if (plan === 'fill') await fill(store);
if (plan === 'open') {
  // Memory is looked at once the thread's start is over.
  await sleep(500);
  const idleMib = privateMib();
  const beforeMs = performance.now();
  const { entries } = await store.lease(new Map(counts.map(({ owner }) => [owner.uid, 10])), 60_000);
  const leaseMs = Math.round(performance.now() - beforeMs);
  await store.settle(entries.map(({ id, epoch }) => ({ id, epoch, outcome: 'again', notBeforeMs: 0, counts: false })));
  const waiting = (await store.counts()).reduce((sum, one) => sum + one.waiting, 0);
  console.log(JSON.stringify({ openMs, leaseMs, leased: entries.length, waiting, idleMib, busyMib: privateMib() }));
}
await store.close();
