/** Deliveries while gateways break, are killed and come back, functions fail, and the dispatcher is replaced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { until } from '#platform/testing/until.ts';
import { answering, type FakeAnswer, FakeGateway, type Handle } from './testing/fake-gateway.ts';
import { TestDispatcher, TestSystem } from './testing/test-deliveries.ts';

const ENTRIES = 60;
const FUNCTIONS = ['a', 'b', 'c'];
const GATEWAYS = 3;
/** Of a handler: longer than a lease. */
const LONGEST_MS = 45_000;

/** Mostly good; now and then the function, the gateway or the answer is not. */
function someAnswer(random: () => number): FakeAnswer {
  const die = random();
  if (die < 0.6) return answering(200);
  if (die < 0.75) return answering(500, {}, random() < 0.5 ? ['retry-after', '1'] : []);
  if (die < 0.8) return answering(404);
  if (die < 0.9) return answering(503, { by: 'gateway', code: 'QueueFull', started: false });
  if (die < 0.95) return answering(503, { by: 'gateway', code: 'GatewayUnavailable', started: random() < 0.5 });
  return answering(504, { by: 'gateway', code: 'Timeout', started: true });
}

/** @param kills gateways lose what they have, too */
async function chaos(seed: number, kills: boolean): Promise<void> {
  const random = seeded(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  await using stack = new AsyncDisposableStack();
  const system = new TestSystem();
  for (const uid of FUNCTIONS) system.function(uid, { maxAttempts: 6, minBackoffMs: 1_000, maxBackoffMs: 4_000 });
  const running = new Map<string, number>();
  let twiceAtOnce = 0;
  const handle: Handle = async ({ head }) => {
    const now = (running.get(head.id) ?? 0) + 1;
    running.set(head.id, now);
    if (now > 1) twiceAtOnce += 1;
    await new Promise<void>((resolve) => void system.clock.after(random() * LONGEST_MS, resolve));
    running.set(head.id, (running.get(head.id) ?? 1) - 1);
    return someAnswer(random);
  };
  const gateways: FakeGateway[] = [];
  for (let number = 0; number < GATEWAYS; number += 1) gateways.push(stack.use(await FakeGateway.start(handle)));
  let dispatcher = stack.use(new TestDispatcher(system, gateways));
  const ended: string[] = [];
  const ids = FUNCTIONS.flatMap((uid) => system.enqueue(uid, ENTRIES / FUNCTIONS.length));
  await dispatcher.deliveries.start();
  const events: (() => Promise<void> | void)[] = [
    () => pick(gateways).cut(),
    async () => {
      if (!kills) return;
      const gateway = pick(gateways);
      await gateway.kill();
      if (random() < 0.5) dispatcher.list(...gateways.filter((one) => one !== gateway));
      system.clock.advance(200);
      await gateway.listen();
      dispatcher.list(...gateways);
    },
    async () => {
      await dispatcher.deliveries.drain(random() < 0.5 ? AbortSignal.abort() : AbortSignal.timeout(20));
      ended.push(...dispatcher.ended.map(([id]) => id));
      dispatcher = stack.use(new TestDispatcher(system, gateways));
      const starting = dispatcher.deliveries.start();
      await until(() => {
        system.clock.advance(50);
        return true;
      }, 'it starts');
      await starting;
    },
  ];
  const isOpen = (id: string) => ['waiting', 'leased'].includes(system.state(id) ?? 'gone');
  for (let round = 0; round < 40; round += 1) {
    await pick(events)();
    let looks = 0;
    await until(() => {
      system.clock.advance(50);
      looks += 1;
      return looks > 20;
    }, 'a second passes');
  }
  await until(
    () => {
      system.clock.advance(50);
      return !ids.some(isOpen);
    },
    'all have ended',
    30_000,
  );
  await dispatcher.deliveries.drain(new AbortController().signal);
  ended.push(...dispatcher.ended.map(([id]) => id));
  assert.deepEqual(ended.toSorted(), ids.toSorted(), 'each has ended once');
  assert.equal(system.model.unaccounted(), 0);
  const { accepted, done, buried } = system.model.totals();
  assert.equal(accepted, done + buried);
  if (!kills) assert.equal(twiceAtOnce, 0, 'no handler ran twice at once');
}

test('whatever breaks, each invocation ends once', { timeout: 60_000 }, () => chaos(1, true));

test('where no gateway is killed, no handler runs twice at once', { timeout: 60_000 }, () => chaos(2, false));
