import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction, aPod, ask, TestGateway, until } from './test-gateway.ts';

test('a request to a function at zero wakes it and is answered by the replica that comes', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  gateway.scales.onScale = () => void gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('hi'));
  const answer = await ask(gateway.port);
  assert.equal(answer.status, 200);
  assert.equal(answer.body, 'hi');
  assert.equal(answer.headers['x-catnap-cold-start'], 'true');
  assert.deepEqual(gateway.scales.writes, [{ revision: 'hello-1', replicas: 1, onto: undefined }]);
  const warm = await ask(gateway.port);
  assert.equal(warm.headers['x-catnap-cold-start'], 'false');
  assert.equal(gateway.scales.writes.length, 1);
});

test('a hundred concurrent requests at a limit of one are all answered in order, never two at once', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { concurrency: { limit: 1 }, scaling: { maxReplicas: 1 } }));
  let running = 0;
  let most = 0;
  const order: string[] = [];
  gateway.scales.onScale = () => {
    gateway.scales.onScale = () => undefined;
    void gateway.addReplica('pod-a', 'hello-1', (req, res) => {
      running += 1;
      most = Math.max(most, running);
      order.push(req.url ?? '');
      setImmediate(() => {
        running -= 1;
        res.end('ok');
      });
    });
  };
  const answers = [];
  for (let i = 0; i < 100; i += 1) {
    answers.push(ask(gateway.port, { path: `/${i}` }));
    await until(() => gateway.traffic('hello').requests === i + 1, `request ${i} has come`);
  }
  const statuses = new Set((await Promise.all(answers)).map((answer) => answer.status));
  assert.deepEqual([...statuses], [200]);
  assert.equal(most, 1);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
  );
  assert.equal(order.length, 100);
  assert.equal(gateway.traffic('hello').inFlight + gateway.traffic('hello').waiting, 0);
});

test('a pod that cannot start sends the waiting requests away at once, with the reason', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const answer = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
  gateway.podFeed.put(
    'pod-a',
    aPod({ name: 'pod-a', revision: 'hello-1', status: { containerStatuses: [{ state: { waiting } }] } }),
  );
  const { status, headers, body } = await answer;
  assert.equal(status, 503);
  assert.equal(headers['x-catnap-error'], 'RevisionFailed');
  assert.ok(headers['retry-after']);
  assert.equal(JSON.parse(body).reason, 'ImagePullFailed');
});
