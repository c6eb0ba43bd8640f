import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { READY_PATH } from '#api/names.ts';
import { aFunction, ask, TestGateway, until } from '../testing/test-gateway.ts';

/** A function with one replica that answers, which another gateway then says is stuck, and two requests that wait for it. */
async function doubtTheOnlyOne(gateway: TestGateway) {
  gateway.putFunction(aFunction('hello', { concurrency: { limit: 1 } }));
  const traffic = gateway.traffic('hello');
  const { server } = await gateway.addReplica('only', 'hello-1', (_req, res) => res.end('only'));
  await until(() => traffic.answering === 1, 'it answers');
  const probes: ServerResponse[] = [];
  const [answer] = server.listeners('request');
  server.removeAllListeners('request').on('request', (req, res) => {
    if (req.url === READY_PATH) probes.push(res);
    else answer?.(req, res);
  });
  gateway.replicas.follow({ function: 'default/hello', uid: 'uid-of-only', state: 'stuck' });
  assert.equal(traffic.answering, 0);
  const asked = Promise.all([ask(gateway.port), ask(gateway.port)]);
  await until(() => traffic.waiting === 2 && probes.length === 1, 'both wait, and it is asked');
  return { traffic, asked, answerProbe: () => probes[0]?.end('uid-of-only') };
}

test('a replica that was doubted and is well is no cold start', async () => {
  await using gateway = await TestGateway.start();
  const { traffic, asked, answerProbe } = await doubtTheOnlyOne(gateway);
  answerProbe();
  for (const { body } of await asked) assert.equal(body, 'only');
  assert.equal(traffic.counters?.coldStarts, undefined);
});

test('one that is started because the doubted one is gone is a cold start', async () => {
  await using gateway = await TestGateway.start();
  const { traffic, asked } = await doubtTheOnlyOne(gateway);
  gateway.podFeed.remove('only');
  await gateway.addReplica('next', 'hello-1', (_req, res) => res.end('next'));
  for (const { body } of await asked) assert.equal(body, 'next');
  assert.equal(traffic.counters?.coldStarts?.count, 1);
});
