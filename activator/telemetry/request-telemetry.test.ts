/** What is said of a request: to its client, to the replica, in the access log, in counts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';
import { TRACE, TRACEPARENT } from '../testing/test-record.ts';

async function withReplica(handler: Parameters<TestGateway['addReplica']>[2]): Promise<TestGateway> {
  const gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-a', 'hello-1', handler);
  await until(() => gateway.traffic('hello').answering === 1, 'it answers');
  return gateway;
}

/** `a;dur=1, b;dur=2` */
function timings(header: string | string[] | undefined): Record<string, number> {
  const entries = [...String(header).matchAll(/([\w-]+);dur=([\d.]+)/g)];
  return Object.fromEntries(entries.map(([, name = '', ms]) => [name, Number(ms)]));
}

test('the answer after a cold start, and the metrics, say where its time went', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  gateway.scales.onScale = async () => {
    const { ip, port } = await gateway.addBackend('pod-a', (_req, res) => res.end('hi'));
    const shown = { name: 'pod-a', revision: 'hello-1', node: 'n' };
    gateway.podFeed.put('pod-a', aPod(shown));
    setTimeout(() => gateway.podFeed.put('pod-a', aPod({ ...shown, ip, port })), 40);
  };
  const { headers } = await ask(gateway.port);
  const { queue, cold = 0, fn, ...phases } = timings(headers['server-timing']);
  assert.deepEqual(Object.keys(phases), ['cold-scale', 'cold-scheduled', 'cold-address', 'cold-answer']);
  const sum = Object.values(phases).reduce((all, ms) => all + ms, 0);
  assert.ok(Math.abs(sum - cold) < 0.5, `${sum} and ${cold}`);
  assert.ok((phases['cold-address'] ?? 0) > 25 && queue !== undefined && fn !== undefined);
  const observed = [...gateway.functions.coldStarts.phases].map(([phase, { count }]) => `${phase} ${count}`);
  assert.deepEqual(observed, ['scale 1', 'scheduled 1', 'address 1', 'answer 1', 'first_byte 1']);
  const warm = timings((await ask(gateway.port)).headers['server-timing']);
  assert.deepEqual(Object.keys(warm), ['queue', 'cold', 'fn']);
});

test('a trace goes on unchanged, and where there is none, none is begun', async () => {
  const seen: unknown[] = [];
  await using gateway = await withReplica((req, res) => {
    seen.push([req.headers.traceparent, req.headers.tracestate]);
    res.end();
  });
  await ask(gateway.port, { headers: { traceparent: TRACEPARENT, tracestate: 'a=1,b=2' } });
  await ask(gateway.port);
  assert.deepEqual(seen, [
    [TRACEPARENT, 'a=1,b=2'],
    [undefined, undefined],
  ]);
  assert.deepEqual(
    gateway.logged.map(({ traceId }) => traceId),
    [TRACE, undefined],
  );
});

test('the access log has what came, how it went and how much it was', async () => {
  await using gateway = await withReplica((req, res) => {
    req.resume().on('end', () => res.writeHead(201).end('thanks'));
  });
  const headers = { 'user-agent': 'test/1', 'x-request-id': 'id-7' };
  await ask(gateway.port, { method: 'POST', path: '/a?b=c', body: 'x'.repeat(1_000), headers });
  const { time, queueMs, functionMs, firstByteMs, totalMs, ...line } = gateway.logged[0] ?? {};
  assert.deepEqual(line, {
    level: 'info',
    service: 'activator',
    msg: 'request',
    function: 'default/hello',
    revision: 'hello-1',
    requestId: 'id-7',
    method: 'POST',
    path: '/a',
    status: 201,
    bytesIn: 1_000,
    bytesOut: 6,
    coldMs: 0,
    client: '127.0.0.1',
    userAgent: 'test/1',
  });
  assert.ok(Number(totalMs) >= Number(functionMs) && Number(functionMs) >= Number(firstByteMs));
  assert.ok(Number(firstByteMs) > 0 && Number(queueMs) >= 0 && !Number.isNaN(Date.parse(String(time))));
});

test('what found no function is in the access log and counted, under no function', async () => {
  await using gateway = await TestGateway.start();
  await ask(gateway.port, { host: 'nobody.fn.example' });
  const [line] = gateway.logged;
  assert.deepEqual(
    [line?.status, line?.code, line?.function, line?.functionMs],
    [404, 'FunctionNotFound', undefined, 0],
  );
  assert.equal(gateway.functions.unrouted.failures.get('FunctionNotFound'), 1);
});

test('what is no request is counted, under no function', async () => {
  await using gateway = await TestGateway.start();
  const socket = connect(gateway.port, '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n').resume();
  await once(socket, 'close');
  assert.equal(gateway.functions.unrouted.failures.get('BadRequest'), 1);
});

test('an answer that breaks off has the status it began with, and the code of why it did not end', async () => {
  await using gateway = await withReplica((req, res) => {
    res.writeHead(200, { 'content-length': 100 }).write('begun');
    setImmediate(() => req.socket.destroy());
  });
  await assert.rejects(ask(gateway.port));
  await until(() => gateway.logged.length === 1, 'it is over');
  assert.deepEqual([gateway.logged[0]?.status, gateway.logged[0]?.code], [200, 'ReplicaFailed']);
});

test('a client that leaves before it is answered counts as aborted', async () => {
  await using gateway = await withReplica(() => undefined);
  const sent = request({ port: gateway.port, host: '127.0.0.1', headers: { host: 'hello.default' } });
  sent.on('error', () => undefined).end();
  await until(() => gateway.traffic('hello').inFlight === 1, 'it runs');
  sent.destroy();
  await until(() => gateway.logged.length === 1, 'it is over');
  const answers = gateway.traffic('hello').counters?.revisions.get('hello-1')?.answers;
  assert.deepEqual([...(answers ?? [])], [['aborted', 1]]);
  assert.deepEqual([gateway.logged[0]?.status, gateway.logged[0]?.code], [undefined, undefined]);
});

test('connections are counted while they are open', async () => {
  await using gateway = await withReplica((_req, res) => res.end());
  await ask(gateway.port);
  await until(() => gateway.gateway.connections === 0, 'the connection is closed');
  const sent = request({ port: gateway.port, host: '127.0.0.1', headers: { host: 'hello.default' } });
  sent.on('error', () => undefined).write('');
  await until(() => gateway.gateway.connections === 1, 'it is open');
  sent.destroy();
  await until(() => gateway.gateway.connections === 0, 'it is closed');
});
