import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import { aDelivery, type Sent } from '../testing/test-dispatcher.ts';
import { Delivery, type DeliveryContext } from './delivery.ts';
import { DeliveryRegistry, type RegistryBounds } from './delivery-registry.ts';
import type { DeliveryResult } from './delivery-result.ts';
import type { KeptBounds } from './kept-answers.ts';

const KEPT: KeptBounds = { count: 2, bytes: 1_000_000, ms: 1_000 };
const BOUNDS: RegistryBounds = { running: 3, kept: KEPT, sent: { ...KEPT, ms: 100 } };

/** Deliveries that end when the test says so. */
class Manual extends Delivery {
  ended = false;
  override begin(): void {}
  override get result(): DeliveryResult | undefined {
    return this.ended ? RESULT : undefined;
  }
}
const RESULT: DeliveryResult = {
  head: { by: 'function', started: true, answer: { status: 200, headers: [], truncated: false } },
  body: new Uint8Array(0),
};

function aRegistry(bounds = BOUNDS) {
  const clock = new TestClock();
  const made: Manual[] = [];
  const ends = new Map<string, () => void>();
  const context = { clock } as unknown as DeliveryContext;
  const registry = new DeliveryRegistry({
    clock,
    bounds,
    make(head, ended) {
      const delivery = new Manual(head, context, ended);
      ends.set(head.id, () => {
        delivery.ended = true;
        ended(delivery);
      });
      made.push(delivery);
      return delivery;
    },
  });
  return { clock, registry, made, end: (id: string) => ends.get(id)?.() };
}

const order = ({ head, request }: Sent) => ({ head, request, body: Buffer.alloc(0) });

test('no more begin than may be under way, and one that ends makes room', () => {
  const { registry, end } = aRegistry();
  const sent = Array.from({ length: 4 }, () => aDelivery());
  const taken = sent.map((one) => registry.take(order(one)));
  assert.deepEqual(
    taken.map((one) => typeof one === 'string'),
    [false, false, false, true],
  );
  assert.equal(taken[3], 'full');
  assert.equal(registry.take(order(sent[0] as Sent)), taken[0], 'one that is under way is joined all the same');
  end(sent[0]?.head.id ?? '');
  assert.ok(registry.take(order(aDelivery())) instanceof Delivery);
});

test('of too many answers that were not fetched the oldest are dropped, and each after its time', () => {
  const { clock, registry, end } = aRegistry({ ...BOUNDS, running: 10 });
  const ids = Array.from({ length: 3 }, () => {
    const sent = aDelivery();
    registry.take(order(sent));
    end(sent.head.id);
    clock.advance(400);
    return sent.head.id;
  });
  assert.deepEqual(
    registry.list().map(({ id }) => id),
    ids.slice(1),
  );
  clock.advance(200);
  assert.deepEqual(
    registry.list().map(({ id }) => id),
    ids.slice(2),
  );
  clock.advance(400);
  assert.deepEqual(registry.list(), []);
  registry[Symbol.dispose]();
});

test('an answer that has left can be had once more under its lease, for a while, and by no newer one', () => {
  const { clock, registry, made, end } = aRegistry();
  const sent = aDelivery();
  const first = registry.take(order(sent));
  assert.ok(first instanceof Manual);
  end(sent.head.id);
  registry.fetched(first);
  assert.deepEqual([registry.kept, registry.find(sent.head.id, 1)], [0, first]);
  assert.equal(registry.take(order(sent)), first);
  assert.notEqual(registry.take(order({ ...sent, head: { ...sent.head, epoch: 2 } })), first);
  assert.equal(made.length, 2);
  end(sent.head.id);
  registry.fetched(made[1] as Manual);
  clock.advance(101);
  assert.equal(registry.find(sent.head.id, 2), undefined);
});

test('bytes of kept answers are bounded too', () => {
  const { registry, end } = aRegistry({ ...BOUNDS, running: 10, kept: { ...KEPT, count: 100, bytes: 5_000 } });
  for (let i = 0; i < 9; i += 1) {
    const sent = aDelivery();
    registry.take(order(sent));
    end(sent.head.id);
  }
  assert.equal(registry.kept, 2);
  registry[Symbol.dispose]();
});

test('an id of another function is not answered with this one', () => {
  const { registry } = aRegistry();
  const sent = aDelivery();
  registry.take(order(sent));
  assert.equal(registry.take(order({ ...sent, head: { ...sent.head, uid: 'other', epoch: 2 } })), 'stale');
});

test('one that leaves still joins what is here, and begins nothing', () => {
  const { registry } = aRegistry();
  const sent = aDelivery();
  const running = registry.take(order(sent));
  registry.leave();
  assert.equal(registry.take(order(sent)), running);
  assert.equal(registry.take(order(aDelivery())), 'leaving');
});
