import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplicaStage } from './stage.ts';

test('a wait for the module to be loaded ends when the replica is ready', async () => {
  const stage = new ReplicaStage();
  const waiting = stage.loaded(60_000);
  stage.open();
  await waiting;
  assert.equal(stage.current, 'ready');
});

test('a wait for the module to be loaded ends when its time is up', async () => {
  const stage = new ReplicaStage();
  await stage.loaded(1);
  assert.equal(stage.current, 'loading');
});

test('a replica that leaves does not become ready again, and a failed one stays failed', () => {
  const stage = new ReplicaStage();
  stage.leave();
  stage.open();
  assert.equal(stage.current, 'leaving');
  stage.fail();
  stage.leave();
  assert.equal(stage.current, 'failed');
});
