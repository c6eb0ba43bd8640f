import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, type Raw } from './testing/fake-gateway.ts';
import { startDispatcher } from './testing/test-deliveries.ts';

const GARBAGE: Record<string, (...parts: Parameters<Raw>) => void> = {
  'is no frame': (_, response) => void response.end('hello'),
  'is empty': (_, response) => void response.end(),
  'is a redirect': (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'is no HTTP': (request) => void request.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
  'is larger than may be': (_, response) => void response.end(Buffer.alloc(10 * 1_048_576)),
  'never ends': (_, response) => {
    const more = () => void (response.destroyed || (response.write(Buffer.alloc(65_536)) && setImmediate(more)));
    response.on('drain', more);
    more();
  },
  'says that it is longer than it is': (_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('x');
    response.socket?.end();
  },
  'is refused as it is': (_, response) => void response.writeHead(400).end(),
};

for (const [what, answer] of Object.entries(GARBAGE)) {
  test(`an answer of a gateway that ${what} ends one attempt`, async () => {
    await using all = await startDispatcher(() => answering(200));
    const { system, dispatcher, gateway } = all;
    let isFirst = true;
    gateway.raw = (request, response) => {
      if (!isFirst || request.method !== 'POST') return false;
      isFirst = false;
      answer(request, response);
      return true;
    };
    const ids = system.enqueue('a');
    await dispatcher.deliveries.start();
    await dispatcher.become(ids, 'done', 50);
    assert.deepEqual(dispatcher.came, ['again', 'done']);
  });
}
