import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aReplica } from '../testing/test-replica.ts';
import { QueueScene } from './testing/queue-scene.ts';

test('the integral is exact: waiting and in flight, each to the millisecond', () => {
  const scene = new QueueScene({ limit: 1, queueTimeoutMs: 60_000 });
  const a = aReplica();
  scene.clock.advance(5_000);
  assert.equal(scene.queue.concurrencySeconds(), 0);
  scene.enter('one'); // waits from 5 s
  scene.clock.advance(250);
  scene.enter('two'); // waits from 5.25 s
  scene.clock.advance(1_000);
  scene.queue.setReplicas([a]); // one in flight from 6.25 s
  scene.clock.advance(500);
  scene.queue.finish(a); // one over at 6.75 s, two in flight
  scene.clock.advance(125);
  scene.queue.finish(a); // two over at 6.875 s
  scene.clock.advance(10_000);
  assert.equal(scene.queue.concurrencySeconds(), 1.75 + 1.625);
});

test('the integral does not depend on how often it is read', () => {
  const scene = new QueueScene({ limit: 0 });
  const a = aReplica();
  scene.queue.setReplicas([a]);
  scene.enter('one');
  for (let i = 0; i < 64; i += 1) {
    scene.clock.advance(125);
    scene.queue.concurrencySeconds();
  }
  scene.queue.finish(a);
  assert.equal(scene.queue.concurrencySeconds(), 8);
});

test('a refused request counts as received and takes no time', () => {
  const scene = new QueueScene({ queueSize: 1 });
  scene.wait('one');
  scene.enter('two');
  scene.clock.advance(100);
  assert.equal(scene.queue.requests, 2);
  assert.equal(scene.queue.concurrencySeconds(), 0.1);
});
