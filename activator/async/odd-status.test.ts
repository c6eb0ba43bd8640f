/** A dispatcher that does not say how an invocation goes, or says what it should not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dispatchedGateway, KeepingDispatcher } from '../testing/keeping-dispatcher.ts';
import { type AskOptions, aFunction, ask } from '../testing/test-gateway.ts';

const ID = '018bcfe5-6800-7abc-8def-0123456789ab';
const PATH = `/.catnap/invocations/${ID}`;

async function scene() {
  const made = await dispatchedGateway();
  made.gateway.putFunction(aFunction('hello', { async: {} }));
  return Object.assign(made, { get: (options: AskOptions = {}) => ask(made.gateway.port, { path: PATH, ...options }) });
}

const odd: Record<string, string | Buffer> = {
  'no frame': 'hello',
  nothing: '',
  'a frame that ends early': KeepingDispatcher.status({ id: ID }).subarray(0, 20),
  'two frames': Buffer.concat([KeepingDispatcher.status({ id: ID }), KeepingDispatcher.status({ id: ID })]),
  'a state that there is not': KeepingDispatcher.status({ id: ID, status: 'lost' as 'done' }),
  'a head that no answer has': KeepingDispatcher.status({
    ...{ id: ID, response: { status: 200, headers: ['x', 'a\r\nset-cookie: b'], truncated: false } },
  }),
  'a status that no answer has': KeepingDispatcher.status({
    id: ID,
    response: { status: 100, headers: [], truncated: false },
  }),
  'half a field': KeepingDispatcher.status({ id: ID, response: { status: 200, headers: ['x'], truncated: false } }),
};

for (const [what, answer] of Object.entries(odd)) {
  test(`${what} in the place of a status is 503, and nothing of it reaches the client`, async () => {
    await using made = await scene();
    made.dispatcher.onStatus = (_url, response) => response.end(answer);
    for (const path of [PATH, `${PATH}/response`]) {
      const { status, headers } = await made.get({ path });
      assert.deepEqual(
        [status, headers['x-catnap-error'], headers['set-cookie']],
        [503, 'AsyncUnavailable', undefined],
      );
    }
    assert.equal(made.gateway.gateway.open, 0);
  });
}

test('a dispatcher that refuses or is not there is 503', async () => {
  await using made = await scene();
  made.dispatcher.onStatus = (_url, response) => response.writeHead(503).end();
  assert.deepEqual(
    [(await made.get()).status, (await made.get()).headers['x-catnap-error']],
    [503, 'AsyncUnavailable'],
  );
  await made.dispatcher.down();
  assert.equal((await made.get()).headers['x-catnap-error'], 'AsyncUnavailable');
});
