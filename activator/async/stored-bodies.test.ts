/** Bodies of requests that are stored, and clients that leave on the way, with a dispatcher over real HTTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dispatchedGateway, nothingIsHeld } from '../testing/keeping-dispatcher.ts';
import { aFunction, ask, until } from '../testing/test-gateway.ts';
import { HOST, Wire } from '../testing/test-wire.ts';

const always = (given: object = {}) => aFunction('hello', { async: { mode: 'Always' }, ...given });
const codeOf = ({ headers }: { headers: Record<string, unknown> }) => headers['x-catnap-error'];

test('a body in chunks is stored as a whole, byte for byte, after 100 Continue where that was asked for', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(always());
  const head = `POST / HTTP/1.1\r\nhost: ${HOST}\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n`;
  using wire = new Wire(scene.gateway.port).send(head);
  await wire.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
  for (let i = 0; i < 40; i += 1) wire.send(`100\r\n${bytes}\r\n`);
  wire.send('1\r\n.\r\n0\r\nx-trailer: 1\r\n\r\n');
  await wire.until(/HTTP\/1\.1 202 /);
  const [entry] = scene.dispatcher.entries;
  assert.equal(entry?.body, `${bytes.repeat(40)}.`);
  const headers = entry?.request.headers ?? [];
  assert.equal(headers[headers.indexOf('content-length') + 1], String(40 * 256 + 1));
  assert.ok(!headers.includes('expect') && !headers.includes('transfer-encoding'));
});

test('a body that is too large is refused, by its length at once, in chunks when it is', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(aFunction('hello', { async: { mode: 'Always', maxBodyBytes: 1_000 } }));
  const tooLong = await ask(scene.gateway.port, { method: 'POST', body: 'x'.repeat(1_001) });
  assert.deepEqual([tooLong.status, codeOf(tooLong)], [413, 'BodyTooLarge']);
  assert.match(tooLong.body, /spec\.async\.maxBodyBytes/);
  using wire = new Wire(scene.gateway.port);
  wire.send(`POST / HTTP/1.1\r\nhost: ${HOST}\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n${'x'.repeat(1_000)}\r\n`);
  await until(() => scene.gateway.budget.bytes === 1_000, 'what is held of it counts');
  wire.send('1\r\nx\r\n');
  await wire.until(/HTTP\/1\.1 413 /);
  assert.equal((await ask(scene.gateway.port, { method: 'POST', body: 'x'.repeat(1_000) })).status, 202);
  assert.equal(scene.dispatcher.entries.length, 1);
  await nothingIsHeld(scene);
});

test('what the function itself does not take is not stored for it either', async () => {
  await using scene = await dispatchedGateway();
  scene.gateway.putFunction(always({ maxBodyBytes: 10 }));
  const { status, body } = await ask(scene.gateway.port, { method: 'POST', body: 'x'.repeat(11) });
  assert.equal(status, 413);
  assert.match(body, /spec\.maxBodyBytes/);
});

test('a client that leaves before its body is whole, or while the line waits, leaves nothing behind', async () => {
  await using scene = await dispatchedGateway();
  const { gateway, dispatcher } = scene;
  gateway.putFunction(always());
  const half = new Wire(gateway.port).send(`POST / HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 10\r\n\r\nhello`);
  await until(() => gateway.budget.bytes === 5, 'half of a body is here');
  half.socket.destroy();
  await nothingIsHeld(scene);

  const open: (() => void)[] = [];
  dispatcher.onEntries = (entries, response) => {
    open.push(() => response.end(JSON.stringify(entries.map(() => ({ outcome: 'accepted' })))));
  };
  const ways = Array.from({ length: 3 }, () => ask(gateway.port, { method: 'POST', body: 'first' }));
  await until(() => open.length === 3, 'all slots are taken');
  const leaves = new AbortController();
  const waits = ask(gateway.port, { method: 'POST', body: 'waits', signal: leaves.signal });
  await until(() => gateway.gateway.open === 4, 'one waits');
  leaves.abort();
  await assert.rejects(waits);
  await until(() => gateway.gateway.open === 3, 'it is gone');
  for (const answer of open) answer();
  assert.deepEqual(
    (await Promise.all(ways)).map(({ status }) => status),
    [202, 202, 202],
  );
  assert.deepEqual(
    dispatcher.entries.map(({ body }) => body),
    ['first', 'first', 'first'],
  );
  await nothingIsHeld(scene);
});

test('one that leaves when its entry is on its way has been accepted all the same, and costs no other its answer', async () => {
  await using scene = await dispatchedGateway();
  const { gateway, dispatcher } = scene;
  gateway.putFunction(always());
  let open: () => void = () => undefined;
  dispatcher.onEntries = (entries, response) => {
    open = () => response.end(JSON.stringify(entries.map(() => ({ outcome: 'accepted' }))));
  };
  const leaves = new AbortController();
  const gone = ask(gateway.port, { method: 'POST', body: 'x'.repeat(1_000), signal: leaves.signal });
  await until(() => dispatcher.entries.length === 1, 'it is on its way');
  leaves.abort();
  await assert.rejects(gone);
  await until(() => gateway.gateway.open === 0, 'the gateway has seen it');
  assert.ok(gateway.budget.bytes >= 1_000, 'what is on its way is held');
  open();
  await nothingIsHeld(scene);
});
