/** `node main.ts <plan> <path of the database>`: opens a store, carries out the plan, prints a line for each thing that happened. */
import { once } from 'node:events';
import { appendFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbeddedStore } from '../../../dispatcher/store/embedded-store.ts';
import { DEFAULT_LIMITS, type Lease, type NewEntry, type StoreError } from '../../../dispatcher/store/store.ts';

const LIMITS = {
  ...DEFAULT_LIMITS,
  perFunction: { entries: 100_000, bytes: 1e9 },
  perNamespace: { entries: 1e6, bytes: 1e9 },
};
const [plan = '', path = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);
const anEntry = (id: string, bytes = 10): NewEntry => ({
  id,
  owner: { uid: 'u', namespace: 'one', name: 'hello' },
  head: new Uint8Array(),
  body: new Uint8Array(bytes),
});

const PLANS: Record<string, (store: EmbeddedStore) => Promise<void>> = { enqueue, lax: enqueue, flood, lease, full };

/** Twenty one after the other, then forty at once. */
async function enqueue(store: EmbeddedStore): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    say(`ask ${n}`);
    await store.enqueue([anEntry(`e${n}`)]);
    say(`ack ${n}`);
  }
  say('ask all');
  await Promise.all(Array.from({ length: 40 }, (_, n) => store.enqueue([anEntry(`together${n}`)])));
  say('ack all');
}

/** Until it is killed. */
async function flood(store: EmbeddedStore): Promise<void> {
  const one = async (line: number) => {
    for (let n = 0; ; n += 1) {
      await store.enqueue([anEntry(`${line}-${n}`, 3_000)]);
      say(`${line}-${n}`);
    }
  };
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(one));
}

/** Leases for 200 ms; once there is a line to read, leases again as a loop would, and settles what it had and what it has. */
async function lease(store: EmbeddedStore): Promise<void> {
  await store.enqueue([anEntry('e')]);
  const room = new Map([['u', 1]]);
  const { entries: before } = await store.lease(room, 200);
  say('leased');
  await once(process.stdin, 'data');
  const { entries: behind } = await store.lease(room, 60_000);
  const settle = ({ id, epoch }: Lease) => store.settle([{ id, epoch, outcome: 'done' }]);
  const late = await settle(before[0] as Lease);
  const right = await settle(behind[0] as Lease);
  say(JSON.stringify({ attempt: behind[0]?.attempt, late, right, unaccounted: await store.unaccounted() }));
  process.stdin.destroy();
}

/** Fills the disk by entries, then beside them, and says what worked when. */
async function full(store: EmbeddedStore): Promise<void> {
  let number = 0;
  const add = async () => {
    number += 1;
    return store.enqueue([anEntry(`e${number}`, 65_536)]).then(
      ([answer]) => answer?.outcome as string,
      (error: StoreError) => error.code as string,
    );
  };
  const addUntilFull = async () => {
    let answer = 'accepted';
    while (answer === 'accepted' && number < 1_000) answer = await add();
    return answer;
  };
  const settleAll = async () => {
    const { entries } = await store.lease(new Map([['u', 1_000]]), 60_000);
    const settled = await store.settle(entries.map(({ id, epoch }) => ({ id, epoch, outcome: 'done' as const })));
    return settled.length > 0 && settled.every(({ holds }) => holds);
  };
  const told: Record<string, unknown> = { filled: await addUntilFull(), settledWhileFull: await settleAll() };
  told.afterwards = await add();
  const filler = join(dirname(path), 'filler');
  try {
    for (;;) appendFileSync(filler, new Uint8Array(4_096));
  } catch {
    told.filledBeside = await addUntilFull();
  }
  rmSync(filler);
  told.withRoom = await add();
  told.unaccounted = await store.unaccounted();
  say(JSON.stringify(told));
}

const worker = plan === 'lax' ? { worker: new URL('./lax-worker.ts', import.meta.url) } : {};
const store = await EmbeddedStore.open({ path, limits: LIMITS, ...worker });
await PLANS[plan]?.(store);
await store.close();
