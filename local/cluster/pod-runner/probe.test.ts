import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type ProbeResult, runProbe } from './probe.ts';
import type { Probe } from './probe-state.ts';

let server: Server;
before(async () => {
  server = createServer((request, response) => {
    if (request.url === '/never') return;
    response.statusCode = request.url === '/ok' && request.headers['x-a'] === 'b' ? 204 : 503;
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function look(probe: Probe, timeoutMs = 2_000): Promise<ProbeResult> {
  const { port } = server.address() as AddressInfo;
  const target = { address: '127.0.0.1', ports: new Map([['web', port]]), env: new Map([['A', 'b']]), cwd: '/' };
  return runProbe(probe, target, timeoutMs);
}

test('httpGet: a status from 200 to 399 is good, headers and named ports included', async () => {
  const httpHeaders = [{ name: 'X-A', value: 'b' }];
  assert.deepEqual(await look({ httpGet: { path: '/ok', port: 'web', httpHeaders } }), { ok: true });
  const refused = await look({ httpGet: { path: '/bad', port: 'web' } });
  assert.deepEqual(refused, { ok: false, output: 'HTTP probe failed with statuscode: 503' });
});

test('a port that nobody listens to, a name that is not there, and silence are failures with a reason', async () => {
  const text = async (probe: Probe, timeoutMs?: number) => {
    const result = await look(probe, timeoutMs);
    return result.ok ? '' : result.output;
  };
  assert.match(await text({ httpGet: { port: 1 } }), /^Get "http:\/\/127\.0\.0\.1:1\/": .*ECONNREFUSED/);
  assert.match(await text({ httpGet: { port: 'none' } }), /no port named "none"/);
  assert.match(await text({ httpGet: { path: '/never', port: 'web' } }, 50), /deadline exceeded/);
});

test('tcpSocket: it is enough that somebody listens', async () => {
  assert.deepEqual(await look({ tcpSocket: { port: 'web' } }), { ok: true });
  assert.equal((await look({ tcpSocket: { port: 1 } })).ok, false);
});

test('exec: the exit code counts, the output tells, the environment is of the container', async () => {
  assert.deepEqual(await look({ exec: { command: ['/bin/sh', '-c', 'test "$A" = b'] } }), { ok: true });
  const failed = await look({ exec: { command: ['/bin/sh', '-c', 'echo no >&2; exit 1'] } });
  assert.deepEqual(failed, { ok: false, output: 'no\n' });
  assert.equal((await look({ exec: { command: ['/bin/sleep', '5'] } }, 50)).ok, false);
});
