import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { systemClock } from '#platform/time/clock.ts';
import { deafWhile } from '../testing/test-backend.ts';
import { aFunction, ask, TestGateway, until } from '../testing/test-gateway.ts';
import type { StuckReplica } from './stuck-replicas.ts';

const timeouts = { timeouts: { firstByteSeconds: 1 } };

/** A gateway whose one replica leaves everything unanswered while `isDeaf`. */
async function aGateway(isDeaf: () => boolean): Promise<{ gateway: TestGateway; reports: StuckReplica[] }> {
  const gateway = await TestGateway.start();
  const reports: StuckReplica[] = [];
  gateway.replicas.stuck.listen((stuck) => reports.push(stuck));
  gateway.putFunction(aFunction('hello', timeouts));
  const slow: RequestListener = (req, res) => {
    if (req.url?.startsWith('/loop') !== true) res.end();
  };
  deafWhile(await gateway.addReplica('pod-a', 'hello-1', slow), isDeaf);
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  return { gateway, reports };
}

test('a replica that stops answering at a request that takes too long is reported, with the request', async () => {
  let isDeaf = false;
  const { gateway, reports } = await aGateway(() => isDeaf);
  await using _ = gateway;
  isDeaf = true;
  const { status, headers } = await ask(gateway.port, { path: '/loop?token=secret' });
  assert.equal(status, 504);
  await until(() => reports.length === 1, 'it is reported');
  assert.deepEqual([reports[0]?.functionKey, reports[0]?.pod], ['default/hello', 'pod-a']);
  assert.match(reports[0]?.why ?? '', /GET \/loop took too long .*endless loop/);
  assert.ok(reports[0]?.why.includes(String(headers['x-request-id'])));
  assert.ok(!reports[0]?.why.includes('secret'));
});

test('one that is slow with a request and answers its probe is not stuck, nor is one that is gone', async () => {
  let isDeaf = false;
  const { gateway, reports } = await aGateway(() => isDeaf);
  await using _ = gateway;
  assert.equal((await ask(gateway.port, { path: '/loop' })).status, 504);
  await until(() => gateway.traffic('hello').answering === 1, 'it answers again');
  isDeaf = true;
  assert.equal((await ask(gateway.port, { path: '/loop' })).status, 504);
  gateway.podFeed.remove('pod-a');
  await gateway.addReplica('pod-b', 'hello-1', (_req, res) => void res.end());
  // As late as the looks at both.
  await new Promise<void>((resolve) => void systemClock.after(2_500, resolve));
  assert.deepEqual(reports, []);
});
