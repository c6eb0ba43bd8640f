import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { settings } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import { condition, type World } from '../support/world.ts';

const system = useSystem();
const ECHO = `export default async (request: Request) => ({
  method: request.method,
  path: new URL(request.url).pathname + new URL(request.url).search,
  headers: Object.fromEntries(request.headers),
});`;

test('a function answers at its host, below /fn/, and at its names inside the cluster', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'echo', ECHO));
  const at = async (host: string, path: string) => JSON.parse((await world.call(`http://${host}`, { path })).text).path;
  assert.equal(await at(new URL(url).host, '/a/b?c=d'), '/a/b?c=d');
  assert.equal(await at('localhost', `/fn/${world.namespace}/echo/a/b?c=d`), '/a/b?c=d');
  assert.equal(await at('localhost', `/fn/${world.namespace}/echo`), '/');
  assert.equal(await at(`echo.${world.namespace}`, '/x'), '/x');
  assert.equal(await at(`echo.${world.namespace}.svc`, '/x'), '/x');
  assert.equal(await at(`echo.${world.namespace}.svc.cluster.local`, '/x'), '/x');
});

test('one function asks another by its name inside the cluster, and wakes it', {
  skip:
    !system.local &&
    settings.CATNAP_TEST_SYSTEM_NAMESPACE === undefined &&
    'not checked: the gateway is no Service here',
}, async () => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'echo', ECHO));
  const source = `export default async () => {
    const answer = await fetch('http://echo.${world.namespace}/asked?by=name').catch((error) => ({ json: () => ({ error: String(error.cause) }) }));
    return answer.json();
  };`;
  // The local cluster tells names only to pods with a token.
  const url = await world.deploy(manifest(world.namespace, 'asks', source, { serviceAccountName: 'default' }));
  const seen = await eventually('the name is known', async () => {
    const answer = JSON.parse((await world.call(url)).text);
    return answer.error === undefined && answer;
  });
  assert.deepEqual([seen.path, seen.headers.host], ['/asked?by=name', `echo.${world.namespace}`]);
});

/** All that comes back for `text`, sent as it is to the gateway. */
async function raw(world: World, text: string): Promise<string> {
  const { hostname, port } = new URL(world.gateway.base);
  const socket = connect(Number(port || 80), hostname).setEncoding('latin1');
  await once(socket, 'connect');
  socket.write(text);
  return (await socket.toArray()).join('');
}

test('what a client writes goes through as it is: paths, cookies, old and odd requests', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'echo', ECHO));
  const { host } = new URL(url);
  const last = `Host: ${host}\r\nConnection: close\r\n`;
  const json = async (text: string) => JSON.parse((await raw(world, text)).split('\r\n\r\n')[1] ?? '');
  const path = '/a%2Fb//c%20d/?x=%26&x=+&y';
  assert.equal((await json(`GET ${path} HTTP/1.1\r\n${last}\r\n`)).path, path);
  assert.equal((await json(`PROPFIND / HTTP/1.1\r\n${last}\r\n`)).method, 'PROPFIND');
  assert.equal((await json(`OPTIONS / HTTP/1.1\r\n${last}\r\n`)).method, 'OPTIONS');
  assert.equal((await json(`GET /?q=${'q'.repeat(30_000)} HTTP/1.1\r\n${last}\r\n`)).path.length, 30_004);
  const { headers } = await json(
    `GET / HTTP/1.1\r\n${last}Cookie: a=1; b=2\r\nUser-Agent: me/1\r\nX-Many: 1\r\nX-Many: 2\r\n\r\n`,
  );
  assert.deepEqual([headers.cookie, headers['user-agent'], headers['x-many']], ['a=1; b=2', 'me/1', '1, 2']);
  const old = await raw(world, `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
  assert.match(old, /^HTTP\/1\.1 200 OK\r\n/);
  assert.doesNotMatch(old, /transfer-encoding/i);
  const nameless = await raw(world, `GET /fn/${world.namespace}/echo/x HTTP/1.0\r\n\r\n`);
  assert.match(nameless, /^HTTP\/1\.1 200 OK\r\n/);
  const head = await raw(world, `HEAD / HTTP/1.1\r\n${last}\r\n`);
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n[\s\S]*content-length: [1-9]\d*\r\n[\s\S]*\r\n\r\n$/i);
});

test('an unknown host is a 404 that says so', async () => {
  await using world = await system.world();
  const answer = await world.call('http://nobody.nowhere.example');
  assert.equal(answer.status, 404);
  assert.equal(answer.headers['x-catnap-error'], 'FunctionNotFound');
  const body = JSON.parse(answer.text);
  assert.equal(body.error, 'FunctionNotFound');
  assert.equal(body.requestId, answer.headers['x-request-id']);
});

test('routes: a host with a path prefix; the longest wins; the older Function keeps a route', async () => {
  await using world = await system.world();
  const host = `${world.namespace}.example.org`;
  const named = (name: string) => `export default (r: Request) => '${name} ' + new URL(r.url).pathname;`;
  await world.deploy(manifest(world.namespace, 'root', named('root'), { routes: [{ host }] }));
  await world.deploy(manifest(world.namespace, 'api', named('api'), { routes: [{ host, pathPrefix: '/api' }] }));
  const at = async (path: string) => (await world.call(`http://${host}`, { path })).text;
  await eventually(
    'the routes are known',
    async () => (await at('/api')) === 'api /api' && (await at('/')) === 'root /',
  );
  assert.equal(await at('/api/v1'), 'api /api/v1');
  assert.equal(await at('/apiary'), 'root /apiary');

  await world.apply(manifest(world.namespace, 'zz-late', HELLO, { routes: [{ host, pathPrefix: '/api' }] }));
  const late = await world.function(
    'zz-late',
    'has a conflict',
    (fn) => condition(fn, 'RouteReady')?.reason === 'RouteConflict',
  );
  assert.match(String(condition(late, 'RouteReady')?.message), new RegExp(`${world.namespace}/api`));
  assert.equal(await at('/api'), 'api /api');
});

test('headers: internal ones stay outside, forwarded ones are replaced, the request id is kept', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'echo', ECHO));
  const sent = {
    'x-catnap-cold-start': 'forged',
    'x-request-id': 'abc-123',
    'x-forwarded-for': '192.0.2.1',
    'x-mine': 'yes',
  };
  const answer = await world.call(url, { headers: sent });
  const seen = JSON.parse(answer.text).headers;
  assert.equal(seen['x-catnap-cold-start'], undefined);
  assert.equal(seen['x-request-id'], 'abc-123');
  assert.equal(answer.headers['x-request-id'], 'abc-123');
  // Nobody is trusted, so what the caller says of itself does not count.
  assert.match(seen['x-forwarded-for'], /^(?!192\.0\.2\.1)[^\s,]+$/);
  assert.equal(seen['x-forwarded-proto'], 'http');
  assert.equal(seen['x-mine'], 'yes');
  assert.equal(seen.host, new URL(url).host);
  assert.equal((await world.call(url, { path: '/.catnap/ready' })).status, 404);
});

test('bodies stream both ways, large and unread', async () => {
  await using world = await system.world();
  const source = `import { createHash } from 'node:crypto';
    export default async (request: Request) => {
      if (new URL(request.url).pathname === '/unread') return 'not read';
      if (new URL(request.url).pathname === '/echo') return new Response(request.body);
      const hash = createHash('sha256');
      for await (const chunk of request.body ?? []) hash.update(chunk);
      return hash.digest('hex');
    };`;
  const url = await world.deploy(manifest(world.namespace, 'bodies', source));
  const body = randomBytes(8 << 20);
  const hashed = await world.call(url, { method: 'POST', path: '/hash', body });
  assert.equal(hashed.text, createHash('sha256').update(body).digest('hex'));
  const echoed = await world.gateway.open(url, { method: 'POST', path: '/echo', body });
  assert.ok(body.equals(Buffer.from(await echoed.body.arrayBuffer())));
  const unread = await world.call(url, { method: 'POST', path: '/unread', body: body.subarray(0, 32 << 10) });
  assert.equal(unread.text, 'not read');
  assert.equal((await world.call(url, { path: '/unread' })).text, 'not read');
});

test('the first bytes of a stream arrive while the handler still writes', async () => {
  await using world = await system.world();
  const source = `let go: () => void;
    export default (request: Request) => {
      if (new URL(request.url).pathname === '/go') { go(); return 'went'; }
      return new Response(new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode('first '));
          await new Promise<void>((resolve) => { go = resolve; });
          controller.enqueue(new TextEncoder().encode('last'));
          controller.close();
        },
      }));
    };`;
  const url = await world.deploy(manifest(world.namespace, 'stream', source, { scaling: { maxReplicas: 1 } }));
  const response = await world.gateway.open(url);
  const chunks = response.body[Symbol.asyncIterator]();
  assert.equal(String((await chunks.next()).value), 'first ');
  assert.equal((await world.call(url, { path: '/go' })).text, 'went');
  assert.equal(String((await chunks.next()).value), 'last');
});

test('a client that leaves aborts its handler', async () => {
  await using world = await system.world();
  const source = `let left = false;
    export default (request: Request, context: { signal: AbortSignal }) => {
      if (new URL(request.url).pathname === '/left') return { left };
      return new Promise((_, reject) => context.signal.addEventListener('abort', () => { left = true; reject(context.signal.reason); }));
    };`;
  const url = await world.deploy(manifest(world.namespace, 'leaver', source, { scaling: { maxReplicas: 1 } }));
  assert.equal((await world.call(url, { path: '/left' })).status, 200);
  const leaving = new AbortController();
  const call = world.call(url, { path: '/hang', signal: leaving.signal });
  await eventually(
    'the request is with the gateway',
    async () => (await system.received(world.namespace, 'leaver')) >= 2,
  );
  leaving.abort();
  await assert.rejects(call);
  await eventually(
    'the handler was told',
    async () => JSON.parse((await world.call(url, { path: '/left' })).text).left,
  );
});

test('a replica that breaks off gives 502, and a begun answer is cut, never patched up', async () => {
  await using world = await system.world();
  const source = `export default (request: Request) => {
      if (new URL(request.url).pathname === '/exit') process.exit(3);
      if (new URL(request.url).pathname === '/cut') {
        return new Response(new ReadableStream({
          start(controller) { controller.enqueue(new TextEncoder().encode('begun')); setTimeout(() => process.exit(3), 100); },
        }));
      }
      if (new URL(request.url).pathname === '/fails') return (async function* () { yield 'begun'; throw new Error('no more'); })();
      return 'up';
    };`;
  const url = await world.deploy(manifest(world.namespace, 'breaks', source));
  assert.equal((await world.call(url)).text, 'up');
  const gone = await world.call(url, { path: '/exit' });
  assert.equal(gone.status, 502);
  assert.equal(gone.headers['x-catnap-error'], 'ReplicaFailed');
  await eventually('it is up again', async () => (await world.call(url)).text === 'up');
  await assert.rejects(world.call(url, { path: '/fails' }));
  await assert.rejects(world.call(url, { path: '/cut' }));
});
