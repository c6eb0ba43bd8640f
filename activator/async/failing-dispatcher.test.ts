/** A dispatcher that is not there, is late, or says what it should not: no client is told 202 then, and none waits for ever. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { dispatchedGateway, type KeepingDispatcher } from '../testing/keeping-dispatcher.ts';
import { type Asked, aFunction, ask, until } from '../testing/test-gateway.ts';

const post = (port: number, body = 'x') => ask(port, { method: 'POST', body });
const isUnavailable = ({ status, headers }: Asked) =>
  status === 503 && headers['x-catnap-error'] === 'AsyncUnavailable' && headers['retry-after'] !== undefined;

async function scene() {
  const made = await dispatchedGateway();
  made.gateway.putFunction(aFunction('hello', { async: { mode: 'Always' } }));
  return made;
}

const accept: KeepingDispatcher['onEntries'] = (entries, response) =>
  response.end(JSON.stringify(entries.map(() => ({ outcome: 'accepted' }))));

const answers: Record<string, (response: ServerResponse) => void> = {
  '200 without a body': (response) => response.end(),
  'no JSON': (response) => response.end('<html>'),
  'too few outcomes': (response) => response.end('[]'),
  'too many outcomes': (response) => response.end('[{"outcome":"accepted"},{"outcome":"accepted"}]'),
  'an outcome that there is not': (response) => response.end('[{"outcome":"maybe"}]'),
  'an id that is none': (response) => response.end('[{"outcome":"exists","id":"a\\r\\nb","state":"done"}]'),
  'a flood': (response) => {
    const more = () => {
      while (response.write(Buffer.alloc(65_536, '['))) if (response.destroyed) return;
    };
    response.on('drain', more);
    more();
  },
  '202': (response) => response.writeHead(202).end('[{"outcome":"accepted"}]'),
  '401': (response) => response.writeHead(401).end('[{"outcome":"accepted"}]'),
  '413': (response) => response.writeHead(413).end(),
  '500': (response) => response.writeHead(500).end('[{"outcome":"accepted"}]'),
  '503': (response) => response.writeHead(503, { 'retry-after': '1' }).end(),
  'a redirect': (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
};

for (const [what, answer] of Object.entries(answers)) {
  test(`${what} in the place of outcomes is no acceptance, and the next request has its own answer`, async () => {
    await using made = await scene();
    made.dispatcher.onEntries = (_entries, response) => answer(response);
    const from = performance.now();
    const refused = await post(made.gateway.port);
    assert.ok(isUnavailable(refused), `${refused.status} ${refused.body}`);
    assert.ok(performance.now() - from < 4_500, 'it is not waited for');
    made.dispatcher.onEntries = accept;
    assert.equal((await post(made.gateway.port)).status, 202);
    assert.deepEqual([made.gateway.budget.requests, made.gateway.budget.bytes], [0, 0]);
  });
}

test('a dispatcher that does not answer is given up after five seconds, and what it says then changes nothing', async () => {
  await using made = await scene();
  const held: (() => void)[] = [];
  made.dispatcher.onEntries = (entries, response) => held.push(() => accept(entries, response, response.req));
  const from = performance.now();
  const refused = await post(made.gateway.port);
  const tookMs = performance.now() - from;
  assert.ok(isUnavailable(refused) && tookMs > 4_500 && tookMs < 9_000, `${refused.status} after ${tookMs} ms`);
  made.dispatcher.onEntries = accept;
  for (const answer of held) answer();
  assert.equal((await post(made.gateway.port)).status, 202);
  await until(() => made.gateway.budget.bytes === 0, 'nothing is held');
});

test('a batch whose connection is lost is sent once more at once, the same, and then no more', async () => {
  await using made = await scene();
  let cut = 1;
  made.dispatcher.onEntries = (entries, response, request) => {
    cut -= 1;
    if (cut >= 0) request.socket.destroy();
    else accept(entries, response, request);
  };
  assert.equal((await post(made.gateway.port)).status, 202);
  const [first, second, ...more] = made.dispatcher.entries;
  assert.deepEqual([second, more], [first, []]);

  cut = 2;
  assert.ok(isUnavailable(await post(made.gateway.port)));
  assert.equal(made.dispatcher.entries.length, 4);
});

test('an answer that breaks off is none', async () => {
  await using made = await scene();
  made.dispatcher.onEntries = (_entries, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('[{"outcome":"accepted"}]');
    setImmediate(() => response.destroy());
  };
  assert.ok(isUnavailable(await post(made.gateway.port)));
});

test('one that is not there is a refusal at once; once it is back requests are accepted without anything else', async () => {
  await using made = await scene();
  assert.equal((await post(made.gateway.port)).status, 202);
  await made.dispatcher.down();
  const from = performance.now();
  assert.ok(isUnavailable(await post(made.gateway.port)));
  assert.ok(performance.now() - from < 2_000);
  // They wait for the next try, and have its answer.
  const during = await Promise.all(Array.from({ length: 20 }, () => post(made.gateway.port)));
  assert.ok(during.every(isUnavailable));
  await made.dispatcher.up();
  assert.equal((await post(made.gateway.port)).status, 202);
  await until(() => made.gateway.budget.bytes === 0, 'nothing is held');
});

test('a kept connection that the dispatcher has closed meanwhile costs no request its answer', async () => {
  await using made = await scene();
  for (let i = 0; i < 20; i += 1) {
    assert.equal((await post(made.gateway.port)).status, 202);
    for (const socket of made.dispatcher.connections) socket.end();
  }
  assert.equal(new Set(made.dispatcher.entries.map(({ head }) => head.id)).size, 20);
});

test('requests of a burst travel in few batches over few connections, and each has the outcome of its own', async () => {
  await using made = await scene();
  made.gateway.putFunction(aFunction('other', { async: { mode: 'Always' } }));
  let open: (() => void)[] | undefined = [];
  made.dispatcher.onEntries = (entries, response) => {
    const outcomes = entries.map(({ body }) =>
      body === '7' ? { outcome: 'full', bound: 'x' } : { outcome: 'accepted' },
    );
    const answer = () => response.end(JSON.stringify(outcomes));
    if (open === undefined) answer();
    else open.push(answer);
  };
  const burst = Array.from({ length: 300 }, (_, i) => post(made.gateway.port, String(i)));
  await until(() => made.gateway.gateway.open === 300, 'all are here');
  const last = ask(made.gateway.port, { host: 'other.default.fn.example', method: 'POST', body: 'other' });
  await until(() => made.gateway.gateway.open === 301, 'the last one too');
  const answersNow = open;
  open = undefined;
  for (const answer of answersNow) answer();
  const statuses = (await Promise.all(burst)).map(({ status }) => status);
  assert.deepEqual([statuses[7], statuses.filter((status) => status === 202).length], [503, 299]);
  assert.equal((await last).status, 202);
  assert.ok(made.dispatcher.batches.length < 12, `${made.dispatcher.batches}`);
  assert.ok(Math.max(...made.dispatcher.batches) <= 256);
  assert.ok(made.dispatcher.connected <= 3, `${made.dispatcher.connected} connections`);
  const order = made.dispatcher.entries.map(({ body }) => body);
  assert.ok(order.indexOf('other') < 30, `another function has its turn after ${order.indexOf('other')}`);
  const places = made.dispatcher.entries.filter(({ body }) => body === '7');
  assert.equal(places.length, 1);
});

test('answers carry the id of their own entry, however batches are cut', async () => {
  await using made = await scene();
  const all = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => ({
      body: String(i),
      id: JSON.parse((await post(made.gateway.port, String(i))).body).id,
    })),
  );
  const kept = new Map(made.dispatcher.entries.map(({ head, body }) => [body, head.id]));
  assert.deepEqual(
    all.filter(({ body, id }) => kept.get(body) !== id),
    [],
  );
});

test('large bodies travel in batches of at most 4 MiB, or alone', async () => {
  await using made = await scene();
  made.gateway.putFunction(aFunction('hello', { async: { mode: 'Always', maxBodyBytes: '8Mi' } }));
  const sizes = [1, 1, 1, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 6, 7];
  const sent = sizes.map((mib) => post(made.gateway.port, 'x'.repeat(mib * 1024 * 1024)));
  assert.deepEqual(
    (await Promise.all(sent)).map(({ status }) => status),
    sizes.map(() => 202),
  );
  const bytes = made.dispatcher.entries.map(({ body }) => body.length / 1024 / 1024);
  assert.deepEqual(bytes.toSorted(), sizes.toSorted());
  assert.ok(Math.max(...made.dispatcher.batches) <= 3);
  await until(() => made.gateway.budget.bytes === 0, 'nothing is held');
});
