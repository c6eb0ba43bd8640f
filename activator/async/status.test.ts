/** How clients see how invocations go, with a dispatcher over real HTTP. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { dispatchedGateway, KeepingDispatcher } from '../testing/keeping-dispatcher.ts';
import { type AskOptions, aFunction, ask, until } from '../testing/test-gateway.ts';
import { HOST, Wire } from '../testing/test-wire.ts';

const ID = '018bcfe5-6800-7abc-8def-0123456789ab';
const PATH = `/.catnap/invocations/${ID}`;
const codeOf = ({ headers }: { headers: Record<string, unknown> }) => headers['x-catnap-error'];

async function scene(given: object = {}) {
  const made = await dispatchedGateway();
  made.gateway.putFunction(aFunction('hello', { async: {}, ...given }));
  /** Of each question: id, uid of the function, seconds. */
  const asked: (string | null)[][] = [];
  let answer = KeepingDispatcher.status({ id: ID });
  made.dispatcher.onStatus = ({ pathname, searchParams }, response) => {
    asked.push([pathname.replace('/v1/invocations/', ''), searchParams.get('uid'), searchParams.get('wait')]);
    response.end(answer);
  };
  return Object.assign(made, {
    asked,
    says(...[status, body]: Parameters<typeof KeepingDispatcher.status>) {
      answer = KeepingDispatcher.status({ id: ID, ...status }, body);
    },
    get: (options: AskOptions = {}) => ask(made.gateway.port, { path: PATH, ...options }),
  });
}

test('the status is what the dispatcher has, and wakes nothing', async () => {
  await using made = await scene();
  made.says({ status: 'waiting', attempts: 2, nextAttemptAt: '2030-01-01T00:00:09Z', note: '503 of the function' });
  const { status, headers, body } = await made.get();
  assert.deepEqual(
    [status, headers['content-type'], headers['cache-control']],
    [200, 'application/json; charset=utf-8', 'no-store'],
  );
  assert.deepEqual(JSON.parse(body), {
    ...{ id: ID, status: 'waiting', attempts: 2, acceptedAt: '2030-01-01T00:00:00Z' },
    ...{ nextAttemptAt: '2030-01-01T00:00:09Z', note: '503 of the function' },
  });
  assert.deepEqual(made.asked, [[ID, 'uid-of-hello', '0']]);
  assert.deepEqual([made.gateway.scales.writes.length, made.gateway.traffic('hello').requests], [0, 0]);
});

test('once it has ended it has what the function answered: text as it is, all else in base64', async () => {
  await using made = await scene();
  const headers = ['Content-Type', 'text/plain', 'Set-Cookie', 'a', 'set-cookie', 'b', '__proto__', 'c'];
  made.says({ response: { status: 201, headers, truncated: false } }, 'done \xc3\xa9');
  const { response } = JSON.parse((await made.get()).body);
  assert.equal(response.body, 'done é');
  assert.deepEqual([response.status, response.truncated, response.bodyBase64], [201, false, undefined]);
  assert.deepEqual(Object.entries(response.headers), [
    ['content-type', 'text/plain'],
    ['set-cookie', ['a', 'b']],
    ['__proto__', 'c'],
  ]);
  made.says({ response: { status: 200, headers: [], truncated: true } }, '\xff\x00');
  const binary = JSON.parse((await made.get()).body).response;
  assert.deepEqual([binary.bodyBase64, binary.body, binary.truncated], ['/wA=', undefined, true]);
});

test('an answer of a status that HTTP does not know is shown, and given, as it was', async () => {
  await using made = await scene();
  made.says({ response: { status: 799, headers: [], truncated: false } }, 'odd');
  assert.equal(JSON.parse((await made.get()).body).response.status, 799);
  const { status, body } = await made.get({ path: `${PATH}/response` });
  assert.deepEqual([status, body], [799, 'odd']);
});

test('its response is the function’s answer as it was, byte for byte', async () => {
  await using made = await scene();
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
  const headers = [
    'Content-Type',
    'image/png',
    'X-Own',
    '1',
    'Content-Length',
    '7',
    'Connection',
    'close',
    'x-own',
    '2',
  ];
  made.says({ response: { status: 418, headers, truncated: false } }, bytes);
  using wire = new Wire(made.gateway.port).send(
    `GET ${PATH}/response HTTP/1.1\r\nhost: ${HOST}\r\nconnection: close\r\n\r\n`,
  );
  await until(() => wire.ended !== undefined, 'it has ended');
  const [head = '', body] = wire.text.split(/\r\n\r\n(.*)/s);
  assert.match(head, /^HTTP\/1\.1 418 /);
  assert.deepEqual(head.match(/^x-own: .*$/gim), ['X-Own: 1', 'x-own: 2']);
  assert.match(head, /content-length: 256/i);
  assert.equal(body, bytes);
  const without = await made.get({ path: `${PATH}/response`, method: 'HEAD' });
  assert.deepEqual([without.status, without.headers['content-type'], without.body], [418, 'image/png', '']);
  made.says({ response: { status: 204, headers: [], truncated: false } });
  assert.equal((await made.get({ path: `${PATH}/response` })).status, 204);
});

test('there is no response while it is open, where none is kept, and where all of it is not kept', async () => {
  await using made = await scene();
  const kept = { status: 200, headers: [], truncated: true };
  for (const status of [{ status: 'running' } as const, { status: 'done' } as const, { response: kept }]) {
    made.says(status, 'x');
    const none = await made.get({ path: `${PATH}/response` });
    assert.deepEqual([none.status, codeOf(none)], [404, 'InvocationNotFound']);
  }
});

test('one that the function does not have is 404, and asks for the function’s own alone', async () => {
  await using made = await scene();
  made.dispatcher.onStatus = (_url, response) => response.writeHead(404).end();
  const none = await made.get();
  assert.deepEqual([none.status, codeOf(none)], [404, 'InvocationNotFound']);
});

test('it stands under each address of the function, whatever its mode, also when spec.async is gone', async () => {
  await using made = await scene();
  const routes = [{ host: 'shop.example', pathPrefix: '/api' }];
  for (const given of [{ async: { mode: 'Always' }, routes }, { async: { mode: 'Never' }, routes }, { routes }]) {
    made.gateway.putFunction(aFunction('hello', given));
    for (const at of [
      {},
      { host: 'gateway', path: `/fn/default/hello${PATH}` },
      { host: 'shop.example', path: `/api${PATH}` },
    ]) {
      assert.equal((await made.get(at)).status, 200, JSON.stringify({ given, at }));
    }
  }
  assert.equal(made.asked.length, 9);
  assert.deepEqual(made.dispatcher.entries, []);
});

test('no other path below /.catnap/ is anything but refused', async () => {
  await using made = await scene();
  const others = [
    '/.catnap/invocations/',
    '/.catnap/invocations/x',
    `${PATH}/`,
    `${PATH}/response/x`,
    '/.catnap/ready',
  ];
  others.push(PATH.replace(ID, ID.toUpperCase()), `/x/..${PATH}`, PATH.replace('/.catnap', '/%2ecatnap'));
  for (const path of others) assert.equal((await made.get({ path })).status, 404, path);
  assert.deepEqual(made.asked, []);
});

test('what is no id of an invocation is said to be none', async () => {
  await using made = await scene();
  const cut = await made.get({ path: PATH.slice(0, -1) });
  assert.deepEqual([cut.status, codeOf(cut)], [404, 'InvocationNotFound']);
  assert.match(cut.body, /no id of an invocation, which Location names/);
  assert.equal(codeOf(await made.get({ path: '/.catnap/ready' })), 'FunctionNotFound');
});

test('the function’s own policies hold', async () => {
  const key = 'k'.repeat(30);
  await using made = await scene({ access: [{ apiKeys: [{ name: 'me', sha256: hash('sha256', key) }] }] });
  assert.equal((await made.get()).status, 401);
  assert.deepEqual(made.asked, []);
  assert.equal((await made.get({ headers: { 'x-api-key': key } })).status, 200);
});

test('it is only read', async () => {
  await using made = await scene();
  for (const method of ['POST', 'DELETE', 'PUT']) {
    const { status, headers } = await made.get({ method, body: 'x' });
    assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method);
  }
  assert.equal((await made.get({ method: 'HEAD' })).status, 200);
});

test('Prefer: wait is asked of the dispatcher, 60 seconds at most, and said to be applied', async () => {
  await using made = await scene();
  const waits = async (prefer: string) => (await made.get({ headers: { prefer } })).headers['preference-applied'];
  assert.deepEqual(
    [await waits('wait=20'), await waits('x, Wait="7"'), await waits('wait=3600'), await waits('wait')],
    ['wait=20', 'wait=7', 'wait=60', undefined],
  );
  assert.deepEqual(
    made.asked.map(([, , seconds]) => seconds),
    ['20', '7', '60', '0'],
  );
});

test('a client that leaves while it waits ends the question', async () => {
  await using made = await scene();
  let isClosed = false;
  made.dispatcher.onStatus = (_url, response) => {
    made.asked.push(['held']);
    response.on('close', () => {
      isClosed = true;
    });
  };
  const leaves = new AbortController();
  const waits = made.get({ headers: { prefer: 'wait=60' }, signal: leaves.signal });
  await until(() => made.asked.length === 1, 'the dispatcher is asked');
  leaves.abort();
  await assert.rejects(waits);
  await until(() => isClosed && made.gateway.budget.requests === 0, 'it is not waited for any more');
});

test('of one function half as many wait as may; others are told at once how it goes', async () => {
  await using made = await scene();
  const held: (() => void)[] = [];
  made.dispatcher.onStatus = ({ searchParams }, response) => {
    const answer = () => response.end(KeepingDispatcher.status({ id: ID, status: 'running' }));
    if (searchParams.get('wait') === '0') answer();
    else held.push(answer);
  };
  const headers = { prefer: 'wait=60' };
  const waiting = Array.from({ length: 100 }, () => made.get({ headers }));
  await until(() => held.length === 100, 'they wait');
  const { status, headers: told } = await made.get({ headers });
  assert.deepEqual([status, told['preference-applied']], [200, undefined]);
  for (const answer of held) answer();
  assert.ok((await Promise.all(waiting)).every((one) => one.status === 200));
});

test('a gateway that leaves tells those that wait at once how it goes', async () => {
  await using made = await scene();
  made.dispatcher.onStatus = ({ searchParams }, response) => {
    made.asked.push([searchParams.get('wait')]);
    if (searchParams.get('wait') === '0') response.end(KeepingDispatcher.status({ id: ID, status: 'running' }));
  };
  const waiting = made.get({ headers: { prefer: 'wait=60' } });
  await until(() => made.asked.length === 1, 'it waits');
  await made.gateway.gateway.drain(10, AbortSignal.timeout(10_000));
  const { status, body } = await waiting;
  assert.deepEqual([status, JSON.parse(body).status], [200, 'running']);
});
