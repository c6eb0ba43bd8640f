import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { TEST_SERVER } from '#platform/testing/certificates.ts';
import type { Attack } from '../testing/hostile-requests/attack.ts';
import { CHUNKS } from '../testing/hostile-requests/chunks.ts';
import { CONNECTIONS } from '../testing/hostile-requests/connections.ts';
import { FIELDS } from '../testing/hostile-requests/fields.ts';
import { FRAMING } from '../testing/hostile-requests/framing.ts';
import { PROTOCOLS } from '../testing/hostile-requests/protocols.ts';
import { Recorder } from '../testing/hostile-requests/recorder.ts';
import { TARGETS } from '../testing/hostile-requests/targets.ts';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';

const CORPUS = [...FRAMING, ...CHUNKS, ...FIELDS, ...TARGETS, ...PROTOCOLS, ...CONNECTIONS];

/** A gateway with one function, whose replica keeps what it gets. */
async function withRecorder(): Promise<{ gateway: TestGateway; recorder: Recorder } & AsyncDisposable> {
  const recorder = await Recorder.start('uid-of-pod-a');
  const gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const { port } = recorder;
  gateway.podFeed.put('pod-a', aPod({ name: 'pod-a', revision: 'hello-1', ip: '127.0.0.1', port }));
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  return {
    gateway,
    recorder,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await recorder[Symbol.asyncDispose]();
    },
  };
}

/** All that comes back until the connection is closed. */
async function attack(socket: Socket, { bytes, ends = false }: Attack): Promise<string> {
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', () => socket.destroy());
  socket.write(bytes, 'latin1');
  if (ends) socket.end();
  const tooLong = setTimeout(() => socket.destroy(new Error('the connection stays open')), 5_000);
  await once(socket, 'close').finally(() => clearTimeout(tooLong));
  return answer;
}

/** Statuses of the answers; each that the gateway gave itself has to be whole, and as all such answers are. */
function statusesOf(answer: string): number[] {
  const statuses: number[] = [];
  for (const part of answer.split(/(?=HTTP\/1\.1 \d{3} )/)) {
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(part)?.[1]);
    if (Number.isNaN(status)) continue;
    statuses.push(status);
    if (status >= 400) assertRefusal(part);
  }
  return statuses;
}

function assertRefusal(answer: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const error = /^x-catnap-error: (\w+)$/im.exec(head)?.[1];
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
  // An answer to HEAD has none.
  if (body !== '') {
    assert.equal(body.length, length);
    const content = JSON.parse(body);
    assert.equal(content.error, error);
    assert.equal(typeof content.requestId, 'string');
    assert.ok(content.message.length > 10);
  }
  assert.ok(error !== undefined);
}

async function assertRepelled(recorder: Recorder, one: Attack, open: () => Socket): Promise<void> {
  recorder.clear();
  const { answers = [400], reaches = [], cut = false } = one;
  const answer = await attack(open(), one);
  assert.deepEqual(statusesOf(answer), answers);
  assert.deepEqual(recorder.malformed, []);
  assert.deepEqual(recorder.requests, reaches);
  if (!cut) assert.deepEqual(recorder.cut, []);
}

test('there are at least 200 attacks, no two of the same name', () => {
  assert.ok(CORPUS.length >= 200, `${CORPUS.length} attacks`);
  assert.equal(new Set(CORPUS.map(({ what }) => what)).size, CORPUS.length);
});

test('nothing of what is malformed, or means harm, reaches a replica', async (t) => {
  await using scene = await withRecorder();
  const { gateway, recorder } = scene;
  for (const one of CORPUS) {
    await t.test(one.what.slice(0, 80), () => assertRepelled(recorder, one, () => connect(gateway.port, '127.0.0.1')));
  }
  assert.equal((await ask(gateway.port)).status, 200);
  assert.equal(gateway.gateway.open, 0);
  assert.equal(gateway.traffic('hello').inFlight, 0);
});

test('nor over TLS', async (t) => {
  await using scene = await withRecorder();
  const { gateway, recorder } = scene;
  const port = await gateway.gateway.listenSecurely(TEST_SERVER, 0, '127.0.0.1');
  for (const one of CORPUS.filter(({ ends, bytes }) => !ends && bytes.length < 10_000)) {
    await t.test(one.what.slice(0, 80), () =>
      assertRepelled(recorder, one, () => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })),
    );
  }
  assert.equal(gateway.gateway.open, 0);
});
