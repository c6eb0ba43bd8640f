import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { aSeat as aReplica, type Named } from '../testing/test-replica.ts';
import { type BudgetBounds, FunctionBudget, ProcessBudget } from './fair-share.ts';
import { type QueuedRequest, type QueueLimits, RequestQueue, type WaitingRequest } from './request-queue.ts';

const LIMITS: QueueLimits = { limit: 1, queueSize: 10, queueMaxBytes: 0, queueTimeoutMs: 1_000 };

/** A gate with its clock and a record of what happened to whom. */
class Scene {
  readonly clock = new TestClock();
  readonly log: string[] = [];
  readonly gate: RequestQueue<Named>;
  readonly share: ProcessBudget;
  waits = 0;
  nobody = 0;
  /** How long it takes until the gate goes on after somebody has begun to wait. */
  slowMs = 0;

  constructor(limits: Partial<QueueLimits> = {}, bounds: BudgetBounds = { requests: 10_000, bytes: 1e9 }) {
    this.share = new ProcessBudget(bounds);
    this.gate = new RequestQueue<Named>(
      { ...LIMITS, ...limits },
      {
        clock: this.clock,
        share: new FunctionBudget(this.share),
        random: () => 0.5,
        hooks: {
          waiting: () => {
            this.waits += 1;
            this.clock.advance(this.slowMs);
          },
          noneWaiting: () => {
            this.nobody += 1;
          },
          refuse: (visitor, failure) => visitor.refuse(failure),
        },
      },
    );
  }

  visitor(name: string, heldBytes = 0): QueuedRequest<Named> {
    const { log } = this;
    return {
      enteredAtMs: this.clock.nowMs(),
      heldBytes,
      waitMs: 0,
      admit(replica) {
        log.push(`${name} to ${replica.name}${this.waitMs > 0 ? `, waits ${this.waitMs}` : ''}`);
      },
      refuse: (failure: GatewayError) => void this.log.push(`${name} ${failure.code}`),
    };
  }

  enter(name: string, heldBytes = 0): WaitingRequest<Named> | undefined {
    return this.gate.enter(this.visitor(name, heldBytes));
  }

  /** Enters one that has to wait. */
  wait(name: string): WaitingRequest<Named> {
    const place = this.enter(name);
    assert.ok(place, `${name} waits`);
    return place;
  }
}

test('a request that waited was admitted when its replica came or its limit rose, however long nothing else happened', () => {
  const scene = new Scene();
  for (const name of ['one', 'two']) scene.wait(name);
  scene.clock.advance(400);
  scene.gate.setReplicas([aReplica()]);
  assert.equal(scene.gate.admittedAtMs, scene.clock.nowMs());
  scene.clock.advance(300);
  scene.gate.setLimits({ ...LIMITS, limit: 2 });
  assert.equal(scene.gate.admittedAtMs, scene.clock.nowMs());
});

test('a request that finds room passes at once', () => {
  const scene = new Scene();
  scene.gate.setReplicas([aReplica()]);
  assert.equal(scene.enter('one'), undefined);
  assert.deepEqual(scene.log, ['one to a']);
  assert.equal(scene.waits, 0);
});

test('those that wait are admitted in order of arrival, as replicas get room', () => {
  const scene = new Scene();
  const a = aReplica();
  scene.enter('one');
  scene.enter('two');
  scene.enter('three');
  assert.deepEqual(scene.log, []);
  scene.gate.setReplicas([a]);
  assert.deepEqual(scene.log, ['one to a']);
  scene.gate.finish(a);
  scene.gate.finish(a);
  assert.deepEqual(scene.log, ['one to a', 'two to a', 'three to a']);
});

test('a newcomer does not pass those that wait', () => {
  const scene = new Scene();
  const a = aReplica();
  scene.gate.setReplicas([a]);
  scene.enter('one');
  scene.enter('two');
  scene.gate.setLimits({ limit: 2, queueSize: 10, queueMaxBytes: 0, queueTimeoutMs: 1_000 });
  scene.enter('three');
  assert.deepEqual(scene.log, ['one to a', 'two to a']);
  assert.equal(scene.gate.waiting, 1);
});

test('without a limit all that wait go to the first replica', () => {
  const scene = new Scene({ limit: 0 });
  for (const name of ['one', 'two', 'three']) scene.enter(name);
  scene.gate.setReplicas([aReplica()]);
  assert.deepEqual(scene.log, ['one to a', 'two to a', 'three to a']);
});

test('one more than the queue holds is refused at once', () => {
  const scene = new Scene({ queueSize: 2 });
  for (const name of ['one', 'two', 'three']) scene.enter(name);
  assert.deepEqual(scene.log, ['three QueueFull']);
  assert.equal(scene.gate.waiting, 2);
});

test('who leaves makes room in the queue and is never admitted', () => {
  const scene = new Scene({ queueSize: 2 });
  const place = scene.wait('one');
  scene.enter('two');
  scene.gate.cancel(place);
  scene.enter('three');
  scene.gate.setReplicas([aReplica('a'), aReplica('b')]);
  assert.deepEqual(
    scene.log.map((line) => line.split(' ')[0]),
    ['two', 'three'],
  );
});

test('leaving twice counts once', () => {
  const scene = new Scene();
  const place = scene.wait('one');
  scene.wait('two');
  scene.gate.cancel(place);
  scene.gate.cancel(place);
  assert.equal(scene.gate.waiting, 1);
});

test('each waits as long as the queue allows and no longer', () => {
  const scene = new Scene({ queueTimeoutMs: 1_000 });
  scene.enter('one');
  scene.clock.advance(400);
  scene.enter('two');
  scene.clock.advance(599);
  assert.deepEqual(scene.log, []);
  scene.clock.advance(1);
  assert.deepEqual(scene.log, ['one QueueTimeout']);
  scene.clock.advance(400);
  assert.deepEqual(scene.log, ['one QueueTimeout', 'two QueueTimeout']);
  assert.equal(scene.clock.pending, 0);
});

test('a changed time limit holds for those that wait already', () => {
  const scene = new Scene({ queueTimeoutMs: 1_000 });
  scene.enter('one');
  scene.clock.advance(300);
  scene.gate.setLimits({ limit: 1, queueSize: 10, queueMaxBytes: 0, queueTimeoutMs: 500 });
  scene.clock.advance(200);
  assert.deepEqual(scene.log, ['one QueueTimeout']);
});

test('a raised limit admits at once', () => {
  const scene = new Scene();
  scene.gate.setReplicas([aReplica()]);
  scene.enter('one');
  scene.enter('two');
  scene.gate.setLimits({ limit: 2, queueSize: 10, queueMaxBytes: 0, queueTimeoutMs: 1_000 });
  assert.deepEqual(scene.log, ['one to a', 'two to a']);
});

test('one given back is the next again, and its wait counts from its arrival', () => {
  const scene = new Scene({ queueTimeoutMs: 1_000 });
  const a = aReplica();
  scene.gate.setReplicas([a]);
  const first = scene.visitor('one');
  scene.gate.enter(first);
  scene.clock.advance(100);
  scene.enter('two');
  scene.gate.setReplicas([]);
  scene.gate.giveBack(first, a, false);
  assert.equal(a.inFlight, 0);
  scene.clock.advance(900);
  assert.deepEqual(scene.log, ['one to a', 'one QueueTimeout']);
  scene.gate.setReplicas([aReplica('b')]);
  assert.equal(scene.log.at(-1), 'two to b');
});

test('sends all away when there is nothing to wait for', () => {
  const scene = new Scene();
  scene.enter('one');
  scene.enter('two');
  scene.gate.refuseAll({ code: 'RevisionFailed', message: '' });
  assert.deepEqual(scene.log, ['one RevisionFailed', 'two RevisionFailed']);
  assert.equal(scene.gate.waiting, 0);
});

test('tells when somebody begins to wait and when nobody waits any more', () => {
  const scene = new Scene({ limit: 0 });
  scene.enter('one');
  scene.enter('two');
  assert.equal(scene.waits, 2);
  scene.gate.setReplicas([aReplica()]);
  assert.equal(scene.nobody, 1);
});

test('a request that ends while it is being admitted does not disturb the order', () => {
  const scene = new Scene();
  const a = aReplica();
  const log: string[] = [];
  const brief = (name: string): QueuedRequest<Named> => ({
    enteredAtMs: 0,
    heldBytes: 0,
    waitMs: 0,
    admit: (replica) => {
      log.push(name);
      scene.gate.finish(replica);
    },
    refuse: () => undefined,
  });
  for (const name of ['one', 'two', 'three']) scene.gate.enter(brief(name));
  scene.gate.setReplicas([a]);
  assert.deepEqual(log, ['one', 'two', 'three']);
  assert.equal(scene.gate.inFlight, 0);
  assert.equal(a.inFlight, 0);
});

test('the integral is exact: waiting and in flight, each to the millisecond', () => {
  const scene = new Scene({ limit: 1, queueTimeoutMs: 60_000 });
  const a = aReplica();
  scene.clock.advance(5_000);
  assert.equal(scene.gate.concurrencySeconds(), 0);
  scene.enter('one'); // waits from 5 s
  scene.clock.advance(250);
  scene.enter('two'); // waits from 5.25 s
  scene.clock.advance(1_000);
  scene.gate.setReplicas([a]); // one in flight from 6.25 s
  scene.clock.advance(500);
  scene.gate.finish(a); // one over at 6.75 s, two in flight
  scene.clock.advance(125);
  scene.gate.finish(a); // two over at 6.875 s
  scene.clock.advance(10_000);
  assert.equal(scene.gate.concurrencySeconds(), 1.75 + 1.625);
});

test('the integral does not depend on how often it is read', () => {
  const scene = new Scene({ limit: 0 });
  const a = aReplica();
  scene.gate.setReplicas([a]);
  scene.enter('one');
  for (let i = 0; i < 64; i += 1) {
    scene.clock.advance(125);
    scene.gate.concurrencySeconds();
  }
  scene.gate.finish(a);
  assert.equal(scene.gate.concurrencySeconds(), 8);
});

test('a refused request counts as received and takes no time', () => {
  const scene = new Scene({ queueSize: 1 });
  scene.wait('one');
  scene.enter('two');
  scene.clock.advance(100);
  assert.equal(scene.gate.requests, 2);
  assert.equal(scene.gate.concurrencySeconds(), 0.1);
});

test('a thousand that leave in any order leave nothing behind', () => {
  const scene = new Scene({ queueSize: 1_000 });
  const places = Array.from({ length: 1_000 }, (_, i) => scene.wait(String(i)));
  const byLastDigit = places.map((place, i) => ({ place, digit: i % 7 })).sort((a, b) => a.digit - b.digit);
  for (const { place } of byLastDigit) scene.gate.cancel(place);
  scene.gate.setReplicas([aReplica()]);
  assert.equal(scene.gate.waiting, 0);
  assert.equal(scene.gate.inFlight, 0);
  assert.deepEqual(scene.log, []);
});

test('two that come back keep their order, before all that came later', () => {
  const scene = new Scene({ limit: 2 });
  const a = aReplica();
  scene.gate.setReplicas([a]);
  const [one, two] = [scene.visitor('one'), scene.visitor('two')];
  scene.gate.enter(one);
  scene.clock.advance(1);
  scene.gate.enter(two);
  scene.clock.advance(1);
  scene.enter('three');
  scene.gate.setReplicas([]);
  scene.gate.giveBack(one, a, false);
  scene.gate.giveBack(two, a, false);
  scene.gate.setReplicas([aReplica('b'), aReplica('c')]);
  assert.deepEqual(
    scene.log.slice(2).map((line) => line.split(' ')[0]),
    ['one', 'two', 'three'],
  );
});

test('the bytes that those who wait hold are bounded too, and free again when they leave', () => {
  const scene = new Scene({ queueMaxBytes: 100 });
  const place = scene.gate.enter(scene.visitor('one', 60));
  scene.enter('two', 41);
  scene.enter('three', 40);
  assert.deepEqual(scene.log, ['two QueueFull']);
  assert.equal(scene.share.bytes, 100);
  scene.gate.cancel(place as WaitingRequest<Named>);
  scene.enter('four', 60);
  scene.gate.setReplicas([aReplica()]);
  assert.deepEqual(scene.log, ['two QueueFull', 'three to a']);
  assert.equal(scene.share.bytes, 60);
});

test('a body does not keep a request from a replica that has room', () => {
  const scene = new Scene({ queueMaxBytes: 1 });
  scene.gate.setReplicas([aReplica()]);
  scene.enter('one', 65_536);
  assert.deepEqual(scene.log, ['one to a']);
  assert.equal(scene.share.bytes, 0);
});

test('a replica that is full for others is passed over; when there is no other the request waits there', () => {
  const scene = new Scene();
  const [a, b] = [aReplica('a'), aReplica('b')];
  scene.gate.setReplicas([a]);
  const one = scene.visitor('one');
  scene.gate.enter(one);
  scene.gate.setReplicas([a, b]);
  scene.gate.giveBack(one, a, true);
  scene.enter('two');
  assert.deepEqual(scene.log, ['one to a', 'one to b', 'two to a, waits 50']);
});

test('while more replicas come a request waits for these, not at one that is full; for a moment, and never in vain', () => {
  const scene = new Scene();
  const [a, b] = [aReplica('a'), aReplica('b')];
  scene.gate.setReplicas([a], 1_000);
  const one = scene.visitor('one');
  scene.gate.enter(one);
  scene.gate.giveBack(one, a, true);
  assert.equal(scene.gate.waiting, 1);
  scene.gate.setReplicas([a, b], 1_000);
  assert.deepEqual(scene.log, ['one to a', 'one to b']);
  const two = scene.visitor('two');
  scene.gate.enter(two);
  assert.equal(scene.gate.waiting, 1);
  scene.clock.advance(250);
  assert.equal(scene.log.at(-1), 'two to a');
  scene.gate.giveBack(two, a, true);
  scene.gate.setReplicas([a, b], 400);
  scene.clock.advance(150);
  assert.equal(scene.log.at(-1), 'two to a, waits 50');
});

test('several that waited there at the same time in vain are no reason to wait longer than one', () => {
  const scene = new Scene({ limit: 2 });
  const a = aReplica();
  scene.gate.setReplicas([a]);
  const [one, two] = [scene.visitor('one'), scene.visitor('two')];
  for (const visitor of [one, two]) scene.gate.enter(visitor);
  for (const visitor of [one, two]) scene.gate.giveBack(visitor, a, true);
  assert.deepEqual([one.waitMs, two.waitMs], [50, 50]);
  for (const visitor of [one, two]) scene.gate.giveBack(visitor, a, true);
  scene.clock.advance(20);
  assert.deepEqual([one.waitMs, two.waitMs], [100, 100]);
});

test('who waited there in vain does so again, longer, after a moment in which nobody does', () => {
  const scene = new Scene();
  const a = aReplica();
  scene.gate.setReplicas([a]);
  const one = scene.visitor('one');
  scene.gate.enter(one);
  scene.gate.giveBack(one, a, true);
  scene.clock.advance(50);
  scene.gate.giveBack(one, a, true);
  assert.equal(scene.gate.waiting, 1);
  scene.clock.advance(5);
  assert.deepEqual(scene.log, ['one to a', 'one to a, waits 50', 'one to a, waits 100']);
  scene.gate.finish(a);
  scene.enter('two');
  assert.equal(scene.log.at(-1), 'two to a, waits 50');
  scene.gate.finish(a);
  scene.clock.advance(250);
  scene.enter('three');
  assert.equal(scene.log.at(-1), 'three to a');
});

test('with the bound of the process reached a function gets what is its share, and others still get theirs', () => {
  const scene = new Scene({ queueSize: 100 }, { requests: 10, bytes: 1_000 });
  for (let i = 0; i < 12; i += 1) scene.enter(`a${i}`);
  assert.deepEqual(scene.log, ['a10 GatewayBusy', 'a11 GatewayBusy']);
  const other = new FunctionBudget(scene.share);
  let opened = 0;
  for (; other.mayOpen(); opened += 1) other.opened();
  assert.equal(opened, 5);
  scene.gate.refuseAll({ code: 'NotStarted', message: '' });
  for (; opened > 0; opened -= 1) other.closed();
  assert.deepEqual([scene.share.requests, scene.share.functions, scene.share.bytes], [0, 0, 0]);
});

test('a request that waited at a full replica in vain is tried again, however long it took to take it back', () => {
  const scene = new Scene();
  const a = aReplica();
  scene.gate.setReplicas([a]);
  const visitor = scene.visitor('one');
  scene.gate.enter(visitor);
  scene.gate.giveBack(visitor, a, true);
  scene.slowMs = 50;
  scene.gate.giveBack(visitor, a, true);
  scene.slowMs = 0;
  scene.clock.advance(50);
  assert.deepEqual(scene.log, ['one to a', 'one to a, waits 50', 'one to a, waits 100']);
});
