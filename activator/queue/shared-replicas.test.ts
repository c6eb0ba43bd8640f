import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aReplica } from '../testing/test-replica.ts';
import { QueueScene } from './testing/queue-scene.ts';

test('a replica that is full for others is passed over; when there is no other the request waits there', () => {
  const scene = new QueueScene();
  const [a, b] = [aReplica('a'), aReplica('b')];
  scene.queue.setReplicas([a]);
  const one = scene.request('one');
  scene.queue.enter(one);
  scene.queue.setReplicas([a, b]);
  scene.queue.giveBack(one, a, true);
  scene.enter('two');
  assert.deepEqual(scene.log, ['one to a', 'one to b', 'two to a, waits 50']);
});

test('a request that waited at a replica and was rejected waits there again, longer, after a pause in which none does', () => {
  const scene = new QueueScene();
  const a = aReplica();
  scene.queue.setReplicas([a]);
  const one = scene.request('one');
  scene.queue.enter(one);
  scene.queue.giveBack(one, a, true);
  scene.clock.advance(50);
  scene.queue.giveBack(one, a, true);
  assert.equal(scene.queue.waiting, 1);
  scene.clock.advance(5);
  assert.deepEqual(scene.log, ['one to a', 'one to a, waits 50', 'one to a, waits 100']);
  scene.queue.finish(a);
  scene.enter('two');
  assert.equal(scene.log.at(-1), 'two to a, waits 50');
  scene.queue.finish(a);
  scene.clock.advance(250);
  scene.enter('three');
  assert.equal(scene.log.at(-1), 'three to a');
});

test('a request that waited at a full replica and was rejected is tried again, however long it took to take it back', () => {
  const scene = new QueueScene();
  const a = aReplica();
  scene.queue.setReplicas([a]);
  const request = scene.request('one');
  scene.queue.enter(request);
  scene.queue.giveBack(request, a, true);
  scene.slowMs = 50;
  scene.queue.giveBack(request, a, true);
  scene.slowMs = 0;
  scene.clock.advance(50);
  assert.deepEqual(scene.log, ['one to a', 'one to a, waits 50', 'one to a, waits 100']);
});

test('while more replicas come a request waits for these, not at one that is full; for a moment, and never in vain', () => {
  const scene = new QueueScene();
  const [a, b] = [aReplica('a'), aReplica('b')];
  scene.queue.setReplicas([a], 1_000);
  const one = scene.request('one');
  scene.queue.enter(one);
  scene.queue.giveBack(one, a, true);
  assert.equal(scene.queue.waiting, 1);
  scene.queue.setReplicas([a, b], 1_000);
  assert.deepEqual(scene.log, ['one to a', 'one to b']);
  const two = scene.request('two');
  scene.queue.enter(two);
  assert.equal(scene.queue.waiting, 1);
  scene.clock.advance(250);
  assert.equal(scene.log.at(-1), 'two to a');
  scene.queue.giveBack(two, a, true);
  scene.queue.setReplicas([a, b], 400);
  scene.clock.advance(150);
  assert.equal(scene.log.at(-1), 'two to a, waits 50');
});

test('several that waited there at the same time and were rejected lengthen the next wait no more than one', () => {
  const scene = new QueueScene({ limit: 2 });
  const a = aReplica();
  scene.queue.setReplicas([a]);
  const [one, two] = [scene.request('one'), scene.request('two')];
  for (const request of [one, two]) scene.queue.enter(request);
  for (const request of [one, two]) scene.queue.giveBack(request, a, true);
  assert.deepEqual([one.waitMs, two.waitMs], [50, 50]);
  for (const request of [one, two]) scene.queue.giveBack(request, a, true);
  scene.clock.advance(20);
  assert.deepEqual([one.waitMs, two.waitMs], [100, 100]);
});

/** Twenty that fit into a replica that other gateways have filled, each on its way to wait there. */
function twentyThatWait() {
  const scene = new QueueScene({ limit: 20, queueSize: 20 });
  const a = aReplica();
  scene.queue.setReplicas([a]);
  const requests = Array.from({ length: 20 }, (_, n) => scene.request(String(n)));
  for (const request of requests) scene.queue.enter(request);
  for (const request of requests) scene.queue.giveBack(request, a, true);
  assert.deepEqual([scene.queue.waiting, a.inFlight], [0, 20]);
  const reject = () => {
    for (const request of requests) scene.queue.giveBack(request, a, true);
  };
  return { scene, reject };
}

test('however many have waited at a replica and are rejected together, they are tried again after one pause', () => {
  const { scene, reject } = twentyThatWait();
  scene.clock.advance(50);
  reject();
  assert.equal(scene.queue.waiting, 20);
  scene.clock.advance(5);
  assert.equal(scene.queue.waiting, 0);
});

test('those that are rejected before they have waited are tried no more than two hundred times a second', () => {
  const { scene, reject } = twentyThatWait();
  reject();
  scene.clock.advance(90);
  assert.equal(scene.queue.waiting, 20);
  scene.clock.advance(10);
  assert.equal(scene.queue.waiting, 0);
});
