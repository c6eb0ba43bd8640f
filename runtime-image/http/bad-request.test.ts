import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { type Replica, replicaOf } from '../testing/replica.ts';
import { answerClientError } from './bad-request.ts';

interface RawAnswer {
  status: number;
  head: string;
  body: Record<string, unknown>;
}

/** What the replica answers to `text`, until it closes the connection. */
async function answerTo(replica: Replica, text: string): Promise<RawAnswer> {
  const socket = connect(Number(new URL(await replica.origin()).port), '127.0.0.1');
  socket.setEncoding('latin1').write(text);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  await once(socket, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) };
}

const fields = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}: 1\r\n`).join('');

test('a head that does not come in time is answered, a connection that says nothing is only closed', async () => {
  const server = createServer({ headersTimeout: 50, requestTimeout: 0, connectionsCheckingInterval: 20 });
  server.on('clientError', (error, socket) => answerClientError(error, socket as Socket, 'default/hello'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const slow = connect(port, '127.0.0.1').setEncoding('latin1');
  slow.write('GET / HTTP/1.1\r\nhost:');
  const silent = connect(port, '127.0.0.1').setEncoding('latin1');
  const [answer, nothing] = await Promise.all([slow.toArray(), silent.toArray()]);
  server.close();
  assert.match(answer.join(''), /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"error":"RequestTimeout"/);
  assert.deepEqual(nothing, []);
});

suite('what is no request', { concurrency: 4 }, () => {
  const HANDLER = `let calls = 0; export default () => String(++calls);`;
  const refused: [what: string, request: string, status: number, code: string, message: RegExp][] = [
    ['a line that is none', 'what is this\r\n\r\n', 400, 'BadRequest', /no request of HTTP\/1\.1/],
    ['a request without a host', 'GET / HTTP/1.1\r\n\r\n', 400, 'BadRequest', /no Host/],
    [
      'too long a field',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(140_000)}\r\n\r\n`,
      431,
      'HeadersTooLarge',
      /128 KiB/,
    ],
    ['too many fields', `GET / HTTP/1.1\r\nhost: a\r\n${fields(300)}\r\n`, 431, 'HeadersTooLarge', /300 header fields/],
    [
      'an expectation that cannot be met',
      'GET / HTTP/1.1\r\nhost: a\r\nexpect: miracles\r\n\r\n',
      417,
      'ExpectationFailed',
      /100-continue/,
    ],
  ];
  for (const [what, request, status, code, message] of refused) {
    test(`${what} is answered as JSON, and the connection ends`, async () => {
      await using replica = await replicaOf(HANDLER);
      const answer = await answerTo(replica, request);
      assert.equal(answer.status, status);
      assert.match(answer.head, /\r\nconnection: close/i);
      assert.match(answer.head, /\r\ncontent-type: application\/json/i);
      assert.match(answer.head, new RegExp(`\r\nx-catnap-error: ${code}`, 'i'));
      const { error, function: name, message: text, requestId } = answer.body;
      assert.deepEqual([error, name], [code, 'default/hello']);
      assert.match(String(text), message);
      assert.match(String(requestId), /^[\da-f-]{36}$/);
      assert.equal(await (await fetch(await replica.origin())).text(), '1');
    });
  }

  test('a body that breaks its own rules ends its request, whose handler hears of it', async () => {
    await using replica = await replicaOf(`export default async (request, { signal }) => {
      signal.addEventListener('abort', () => console.log('aborted'));
      try { await request.text(); } catch (error) { console.log('unread'); }
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }`);
    const answer = await answerTo(
      replica,
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nno chunk\r\n\r\n',
    );
    assert.equal(answer.body.error, 'BadRequest');
    await replica.line((line) => line.msg === 'aborted');
  });

  test('as many fields as a gateway may pass on are no fault', async () => {
    await using replica = await replicaOf(`export default (request) => String([...request.headers].length);`);
    const socket = connect(Number(new URL(await replica.origin()).port), '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${fields(280)}\r\n`);
    const chunks = await socket.setEncoding('latin1').toArray();
    assert.match(chunks.join(''), /^HTTP\/1\.1 200 [\s\S]*\r\n281$/);
  });
});
