import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aReplica, type Named } from '../testing/test-replica.ts';
import type { QueuedRequest } from './queued-request.ts';
import { LIMITS, QueueScene } from './testing/queue-scene.ts';

test('a request that waited was admitted when its replica came or its limit rose, however long nothing else happened', () => {
  const scene = new QueueScene();
  for (const name of ['one', 'two']) scene.wait(name);
  scene.clock.advance(400);
  scene.queue.setReplicas([aReplica()]);
  assert.equal(scene.queue.admittedAtMs, scene.clock.nowMs());
  scene.clock.advance(300);
  scene.queue.setLimits({ ...LIMITS, limit: 2 });
  assert.equal(scene.queue.admittedAtMs, scene.clock.nowMs());
});

test('a request that finds room passes at once', () => {
  const scene = new QueueScene();
  scene.queue.setReplicas([aReplica()]);
  assert.equal(scene.enter('one'), undefined);
  assert.deepEqual(scene.log, ['one to a']);
  assert.equal(scene.waits, 0);
});

test('those that wait are admitted in order of arrival, as replicas get room', () => {
  const scene = new QueueScene();
  const a = aReplica();
  scene.enter('one');
  scene.enter('two');
  scene.enter('three');
  assert.deepEqual(scene.log, []);
  scene.queue.setReplicas([a]);
  assert.deepEqual(scene.log, ['one to a']);
  scene.queue.finish(a);
  scene.queue.finish(a);
  assert.deepEqual(scene.log, ['one to a', 'two to a', 'three to a']);
});

test('a new request does not pass those that wait', () => {
  const scene = new QueueScene();
  const a = aReplica();
  scene.queue.setReplicas([a]);
  scene.enter('one');
  scene.enter('two');
  scene.queue.setLimits({ limit: 2, queueSize: 10, queueMaxBytes: 0, queueTimeoutMs: 1_000 });
  scene.enter('three');
  assert.deepEqual(scene.log, ['one to a', 'two to a']);
  assert.equal(scene.queue.waiting, 1);
});

test('without a limit all that wait go to the first replica', () => {
  const scene = new QueueScene({ limit: 0 });
  for (const name of ['one', 'two', 'three']) scene.enter(name);
  scene.queue.setReplicas([aReplica()]);
  assert.deepEqual(scene.log, ['one to a', 'two to a', 'three to a']);
});

test('who leaves makes room in the queue and is never admitted', () => {
  const scene = new QueueScene({ queueSize: 2 });
  const entry = scene.wait('one');
  scene.enter('two');
  scene.queue.cancel(entry);
  scene.enter('three');
  scene.queue.setReplicas([aReplica('a'), aReplica('b')]);
  assert.deepEqual(
    scene.log.map((line) => line.split(' ')[0]),
    ['two', 'three'],
  );
});

test('leaving twice counts once', () => {
  const scene = new QueueScene();
  const entry = scene.wait('one');
  scene.wait('two');
  scene.queue.cancel(entry);
  scene.queue.cancel(entry);
  assert.equal(scene.queue.waiting, 1);
});

test('a raised limit admits at once', () => {
  const scene = new QueueScene();
  scene.queue.setReplicas([aReplica()]);
  scene.enter('one');
  scene.enter('two');
  scene.queue.setLimits({ limit: 2, queueSize: 10, queueMaxBytes: 0, queueTimeoutMs: 1_000 });
  assert.deepEqual(scene.log, ['one to a', 'two to a']);
});

test('one given back is the next again, and its wait counts from its arrival', () => {
  const scene = new QueueScene({ queueTimeoutMs: 1_000 });
  const a = aReplica();
  scene.queue.setReplicas([a]);
  const first = scene.request('one');
  scene.queue.enter(first);
  scene.clock.advance(100);
  scene.enter('two');
  scene.queue.setReplicas([]);
  scene.queue.giveBack(first, a, false);
  assert.equal(a.inFlight, 0);
  scene.clock.advance(900);
  assert.deepEqual(scene.log, ['one to a', 'one QueueTimeout']);
  scene.queue.setReplicas([aReplica('b')]);
  assert.equal(scene.log.at(-1), 'two to b');
});

test('sends all away when there is nothing to wait for', () => {
  const scene = new QueueScene();
  scene.enter('one');
  scene.enter('two');
  scene.queue.refuseAll({ code: 'RevisionFailed', message: '' });
  assert.deepEqual(scene.log, ['one RevisionFailed', 'two RevisionFailed']);
  assert.equal(scene.queue.waiting, 0);
});

test('calls back when a request begins to wait and when none waits any more', () => {
  const scene = new QueueScene({ limit: 0 });
  scene.enter('one');
  scene.enter('two');
  assert.equal(scene.waits, 2);
  scene.queue.setReplicas([aReplica()]);
  assert.equal(scene.timesEmpty, 1);
});

test('a request that ends while it is being admitted does not disturb the order', () => {
  const scene = new QueueScene();
  const a = aReplica();
  const log: string[] = [];
  const brief = (name: string): QueuedRequest<Named> => ({
    enteredAtMs: 0,
    heldBytes: 0,
    waitMs: 0,
    admit: (replica) => {
      log.push(name);
      scene.queue.finish(replica);
    },
    refuse: () => undefined,
  });
  for (const name of ['one', 'two', 'three']) scene.queue.enter(brief(name));
  scene.queue.setReplicas([a]);
  assert.deepEqual(log, ['one', 'two', 'three']);
  assert.equal(scene.queue.inFlight, 0);
  assert.equal(a.inFlight, 0);
});

test('a thousand that leave in any order leave nothing behind', () => {
  const scene = new QueueScene({ queueSize: 1_000 });
  const places = Array.from({ length: 1_000 }, (_, i) => scene.wait(String(i)));
  const byLastDigit = places.map((entry, i) => ({ entry, digit: i % 7 })).sort((a, b) => a.digit - b.digit);
  for (const { entry } of byLastDigit) scene.queue.cancel(entry);
  scene.queue.setReplicas([aReplica()]);
  assert.equal(scene.queue.waiting, 0);
  assert.equal(scene.queue.inFlight, 0);
  assert.deepEqual(scene.log, []);
});

test('two that come back keep their order, before all that came later', () => {
  const scene = new QueueScene({ limit: 2 });
  const a = aReplica();
  scene.queue.setReplicas([a]);
  const [one, two] = [scene.request('one'), scene.request('two')];
  scene.queue.enter(one);
  scene.clock.advance(1);
  scene.queue.enter(two);
  scene.clock.advance(1);
  scene.enter('three');
  scene.queue.setReplicas([]);
  scene.queue.giveBack(one, a, false);
  scene.queue.giveBack(two, a, false);
  scene.queue.setReplicas([aReplica('b'), aReplica('c')]);
  assert.deepEqual(
    scene.log.slice(2).map((line) => line.split(' ')[0]),
    ['one', 'two', 'three'],
  );
});
