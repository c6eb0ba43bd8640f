import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { nodeVariables } from './node-options.ts';

const MIB = 2 ** 20;

/** What a program prints that runs with these names and limits. */
async function printed(
  t: TestContext,
  source: string,
  { hosts = '', memoryBytes, given }: { hosts?: string; memoryBytes?: number; given?: string } = {},
): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'cluster test '));
  t.after(() => rm(dir, { recursive: true }));
  const hostsFile = join(dir, 'hosts');
  await writeFile(hostsFile, hosts);
  const env = {
    PATH: '/usr/bin:/bin',
    // The user's own, in whatever sense.
    HOST: 'db.example',
    HOSTNAME: 'pod-a',
    ...Object.fromEntries(nodeVariables({ address: '127.9.8.7', hostsFile, memoryBytes, given })),
  };
  const file = join(dir, 'program.mjs');
  await writeFile(file, source);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env, timeout: 20_000 });
  return stdout.trim();
}

/** Answers with the host it was asked for, and whom it was asked by. */
async function anEcho(t: TestContext): Promise<number> {
  const server = createServer((req, res) => res.end(`${req.headers.host} from ${req.socket.remoteAddress}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const hosts = '127.0.0.1\thello.default.svc.cluster.local hello.default.svc hello.default hello\n';

test('Services are called by their names, by whatever means, from the address of the pod', async (t) => {
  const port = await anEcho(t);
  const source = `
    import http from 'node:http';
    import net from 'node:net';
    import { setTimeout as sleep } from 'node:timers/promises';
    console.log(await (await fetch('http://hello.default:${port}/')).text());
    console.log(await new Promise((done) => http.get('http://hello:${port}', (res) => res.on('data', (data) => done(String(data))))));
    for (const open of [(f) => net.connect(${port}, 'Hello.default.', f), (f) => net.connect({ port: ${port}, host: 'hello' }, f), (f) => new net.Socket().connect(${port}, 'hello', f)]) {
      const socket = await new Promise((done) => { const one = open(() => done(one)); });
      console.log(socket.remoteAddress + ' from ' + socket.localAddress);
      socket.destroy();
    }`;
  assert.deepEqual((await printed(t, source, { hosts })).split('\n'), [
    `hello.default:${port} from 127.9.8.7`,
    `hello:${port} from 127.9.8.7`,
    ...Array(3).fill('127.0.0.1 from 127.9.8.7'),
  ]);
});

test('names can be looked up, the pod’s own among them, and others stay what they are', async (t) => {
  const source = `
    import dns from 'node:dns';
    import { promisify } from 'node:util';
    await new Promise((done) => setTimeout(done, 200));
    console.log((await dns.promises.lookup('hello')).address, (await promisify(dns.lookup)('hello.default')).address);
    console.log((await dns.promises.lookup('pod-a')).address);
    console.log(await dns.promises.lookup('hello.default.invalid').catch(({ code }) => code !== undefined));`;
  assert.deepEqual((await printed(t, source, { hosts })).split('\n'), ['127.0.0.1 127.0.0.1', '127.9.8.7', 'true']);
});

test('where ports below 1024 are not this user’s, they are reached where they are instead', async (t) => {
  const port = await anEcho(t);
  const source = `console.log(await (await fetch('http://hello.default/')).text());`;
  assert.equal(
    await printed(t, source, { hosts: `# low ports: +${port - 80}\n${hosts}` }),
    'hello.default from 127.9.8.7',
  );
});

test('a program knows its memory limit, and has a heap as in a container of that size', async (t) => {
  const source = `
    import v8 from 'node:v8';
    const heap = v8.getHeapStatistics().heap_size_limit / ${MIB};
    console.log(process.constrainedMemory() / ${MIB}, Math.round(heap), process.availableMemory() < process.constrainedMemory());`;
  assert.equal(await printed(t, source, { memoryBytes: 256 * MIB }), '256 262 true');
  assert.equal(await printed(t, source, { memoryBytes: 1024 * MIB }), '1024 536 true');
  const own = { memoryBytes: 256 * MIB, given: '--max-old-space-size=64' };
  assert.equal(await printed(t, source, own), '256 88 true');
});
