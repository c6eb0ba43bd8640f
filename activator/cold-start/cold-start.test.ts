// Longer than 250 lines: one table of cold starts through a whole gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';

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
  await using gateway = await TestGateway.start({ errorDetail: true });
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

test('from zero, ten times the target asks for ten replicas soon after the first', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { concurrency: { target: 2 }, scaling: { maxReplicas: 8 } }));
  const stop = new AbortController();
  const answers = Array.from({ length: 20 }, () => ask(gateway.port, { signal: stop.signal }).catch(() => undefined));
  await until(() => gateway.scales.replicas.get('hello-1') === 8, 'the need is written, at most maxReplicas');
  assert.equal(gateway.scales.writes[0]?.replicas, 1);
  stop.abort();
  await Promise.all(answers);
});

test('a thousand whose clients leave before a replica is there never reach it', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { queue: { size: 1_000 } }));
  const stop = new AbortController();
  const left = Array.from({ length: 1_000 }, () => ask(gateway.port, { signal: stop.signal }).catch(() => 'left'));
  const traffic = gateway.traffic('hello');
  await until(() => traffic.waiting === 1_000, 'all wait');
  stop.abort();
  assert.deepEqual(new Set(await Promise.all(left)), new Set(['left']));
  await until(() => traffic.waiting === 0, 'all places are free');
  let ran = 0;
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => {
    ran += 1;
    res.end();
  });
  assert.equal((await ask(gateway.port)).status, 200);
  assert.equal(ran, 1);
  assert.equal(traffic.inFlight, 0);
});

test('a client that leaves in the middle of the queue is skipped', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const stop = new AbortController();
  const traffic = gateway.traffic('hello');
  const one = ask(gateway.port, { path: '/one' });
  await until(() => traffic.waiting === 1, 'one waits');
  const two = ask(gateway.port, { path: '/two', signal: stop.signal }).catch(() => 'left');
  await until(() => traffic.waiting === 2, 'two wait');
  const three = ask(gateway.port, { path: '/three' });
  await until(() => traffic.waiting === 3, 'three wait');
  stop.abort();
  assert.equal(await two, 'left');
  await until(() => traffic.waiting === 2, 'two are left');
  const seen: string[] = [];
  await gateway.addReplica('pod-a', 'hello-1', (req, res) => {
    seen.push(req.url ?? '');
    res.end();
  });
  await Promise.all([one, three]);
  assert.deepEqual(seen, ['/one', '/three']);
});

test('a full queue answers 503 at once, with Retry-After', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { queue: { size: 1 } }));
  const stop = new AbortController();
  const waiting = ask(gateway.port, { signal: stop.signal }).catch(() => undefined);
  await until(() => gateway.traffic('hello').waiting === 1, 'one waits');
  const answer = await ask(gateway.port, { method: 'POST', body: 'x'.repeat(200_000) });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'QueueFull');
  assert.ok(answer.headers['retry-after']);
  stop.abort();
  await waiting;
});

test('who waits longer than the queue allows gets 503', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { queue: { timeoutSeconds: 1 } }));
  const answer = await ask(gateway.port);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'QueueTimeout');
  assert.equal(JSON.parse(answer.body).function, 'default/hello');
});

test('an address that answers with another pod’s uid is not the replica', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const stranger = await gateway.addBackend('pod-of-another', (_req, res) => res.end('stranger'));
  const own = await gateway.addBackend('pod-a', (_req, res) => res.end('own'));
  const answer = ask(gateway.port);
  gateway.podFeed.put('pod-b', aPod({ name: 'pod-b', revision: 'hello-1', ip: stranger.ip, port: stranger.port }));
  gateway.podFeed.put('pod-a', aPod({ name: 'pod-a', revision: 'hello-1', ip: own.ip, port: own.port }));
  assert.equal((await answer).body, 'own');
  assert.equal((await ask(gateway.port)).body, 'own');
});

test('an image is proven by a connection, and gets its first request on that very one', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const backend = await gateway.addBackend('pod-a', (_req, res) => res.end('image'));
  let connections = 0;
  backend.server.on('connection', () => {
    connections += 1;
  });
  const { ip, port } = backend;
  gateway.podFeed.put('pod-a', aPod({ name: 'pod-a', revision: 'hello-1', ip, port, image: true }));
  await until(() => connections === 1, 'the probe has connected');
  assert.equal((await ask(gateway.port)).body, 'image');
  assert.equal(connections, 1);
});

test('the first request takes the connection of the probe', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const answer = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  const backend = await gateway.addBackend('pod-a', (_req, res) => res.end());
  let connections = 0;
  backend.server.on('connection', () => {
    connections += 1;
  });
  const { ip, port } = backend;
  gateway.podFeed.put('pod-a', aPod({ name: 'pod-a', revision: 'hello-1', ip, port }));
  assert.equal((await answer).status, 200);
  assert.equal(connections, 1);
});

test('pods that were there before the gateway are probed and used without a wake', async () => {
  await using gateway = await TestGateway.start({ synced: true });
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('there'));
  gateway.putFunction(aFunction('hello'));
  await until(() => gateway.traffic('hello').pods === 1, 'the pod is known');
  assert.equal((await ask(gateway.port)).body, 'there');
  assert.ok(gateway.scales.writes.every(({ onto }) => onto !== undefined));
});

test('a request before the first sync waits for it', async () => {
  await using gateway = await TestGateway.start({ synced: false });
  const answer = ask(gateway.port);
  await until(() => gateway.gateway.open === 1, 'the request has come');
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('hi'));
  gateway.sync();
  assert.equal((await answer).status, 200);
});

test('a gateway that cannot read the cluster says so after a while', async () => {
  await using gateway = await TestGateway.start({ synced: false, syncWaitMs: 30 });
  const answer = await ask(gateway.port);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'GatewayUnavailable');
});

/** A function at zero that takes one request at a time, and whose requests take long beside a start. */
async function aSlowFunction(): Promise<TestGateway> {
  const gateway = await TestGateway.start();
  gateway.putFunction(
    aFunction(
      'hello',
      { concurrency: { limit: 1 } },
      { scaling: { learned: { startMilliseconds: 50, requestMilliseconds: 500 } } },
    ),
  );
  return gateway;
}

const answersAtOnce = (gateway: TestGateway) => () => {
  gateway.scales.onScale = () => undefined;
  void gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('hi'));
};

test('what waited at another gateway and does so no more is not planned for, though it was said while nothing waited here', async () => {
  await using gateway = await aSlowFunction();
  const hint = { function: 'default/hello', from: 'another', requests: 50 };
  let isHeard = false;
  const show = answersAtOnce(gateway);
  // The hint comes while the request waits: before its replica is there.
  gateway.scales.onScale = () => {
    isHeard ||= gateway.functions.followBacklog(hint);
    show();
  };
  await ask(gateway.port);
  assert.equal(isHeard, true);
  assert.equal(gateway.functions.followBacklog({ ...hint, requests: 0 }), false);
  gateway.podFeed.remove('pod-a');
  gateway.scales.replicas.set('hello-1', 0);
  const writes = gateway.scales.writes.length;
  gateway.scales.onScale = answersAtOnce(gateway);
  await ask(gateway.port);
  assert.deepEqual(
    gateway.scales.writes.slice(writes).map(({ replicas }) => replicas),
    [1],
  );
});

test('what waits at another gateway is planned for from the first request here', async () => {
  await using gateway = await aSlowFunction();
  gateway.scales.onScale = answersAtOnce(gateway);
  gateway.functions.followBacklog({ function: 'default/hello', from: 'another', requests: 50 });
  await ask(gateway.port);
  assert.ok((gateway.scales.writes[0]?.replicas ?? 0) > 1);
});
