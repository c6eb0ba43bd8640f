import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aReplica, type Named } from '../testing/test-replica.ts';
import { FunctionBudget } from './fair-share.ts';
import type { WaitingRequest } from './queued-request.ts';
import { QueueScene } from './testing/queue-scene.ts';

test('one more than the queue holds is refused at once', () => {
  const scene = new QueueScene({ queueSize: 2 });
  for (const name of ['one', 'two', 'three']) scene.enter(name);
  assert.deepEqual(scene.log, ['three QueueFull']);
  assert.equal(scene.queue.waiting, 2);
});

test('each waits as long as the queue allows and no longer', () => {
  const scene = new QueueScene({ queueTimeoutMs: 1_000 });
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
  const scene = new QueueScene({ queueTimeoutMs: 1_000 });
  scene.enter('one');
  scene.clock.advance(300);
  scene.queue.setLimits({ limit: 1, queueSize: 10, queueMaxBytes: 0, queueTimeoutMs: 500 });
  scene.clock.advance(200);
  assert.deepEqual(scene.log, ['one QueueTimeout']);
});

test('the bytes that those who wait hold are bounded too, and free again when they leave', () => {
  const scene = new QueueScene({ queueMaxBytes: 100 });
  const entry = scene.queue.enter(scene.request('one', 60));
  scene.enter('two', 41);
  scene.enter('three', 40);
  assert.deepEqual(scene.log, ['two QueueFull']);
  assert.equal(scene.budget.bytes, 100);
  scene.queue.cancel(entry as WaitingRequest<Named>);
  scene.enter('four', 60);
  scene.queue.setReplicas([aReplica()]);
  assert.deepEqual(scene.log, ['two QueueFull', 'three to a']);
  assert.equal(scene.budget.bytes, 60);
});

test('a body does not keep a request from a replica that has room', () => {
  const scene = new QueueScene({ queueMaxBytes: 1 });
  scene.queue.setReplicas([aReplica()]);
  scene.enter('one', 65_536);
  assert.deepEqual(scene.log, ['one to a']);
  assert.equal(scene.budget.bytes, 0);
});

test('with the bound of the process reached a function gets what is its share, and others still get theirs', () => {
  const scene = new QueueScene({ queueSize: 100 }, { requests: 10, bytes: 1_000 });
  for (let i = 0; i < 12; i += 1) scene.enter(`a${i}`);
  assert.deepEqual(scene.log, ['a10 GatewayBusy', 'a11 GatewayBusy']);
  const other = new FunctionBudget(scene.budget);
  let opened = 0;
  for (; other.mayOpen(); opened += 1) other.opened();
  assert.equal(opened, 5);
  scene.queue.refuseAll({ code: 'NotStarted', message: '' });
  for (; opened > 0; opened -= 1) other.closed();
  assert.deepEqual([scene.budget.requests, scene.budget.functions, scene.budget.bytes], [0, 0, 0]);
});
