import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Replica, replicaOf } from '../testing/replica.ts';

const SOURCE = `
const answers = {
  nothing: () => undefined,
  text: () => 'text',
  number: () => 7,
  echo: (event) => event,
  rejects: async () => { throw new Error('it broke'); },
};
export const handle = async (event) => answers[event.type](event);
export const callback = (event, done) => setTimeout(() => event.type === 'bad' ? done(new Error('no')) : done(null, event.id), 10);
`;

suite('signature cloudevent', { concurrency: 4 }, () => {
  let replica: Replica;
  let origin: string;
  before(async () => {
    replica = await replicaOf(SOURCE, { CATNAP_SIGNATURE: 'cloudevent', CATNAP_HANDLER: 'handle' });
    origin = await replica.origin();
  });
  after(() => replica[Symbol.asyncDispose]());

  const send = (type: string, to = origin) => {
    const headers = { 'ce-id': '1', 'ce-source': '/s', 'ce-specversion': '1.0', 'ce-type': type };
    return fetch(to, { method: 'POST', body: '{"a":1}', headers: { ...headers, 'content-type': 'application/json' } });
  };

  test('what is returned is the answer; nothing is 204', async () => {
    assert.equal((await send('nothing')).status, 204);
    assert.equal(await (await send('text')).text(), 'text');
    assert.equal(await (await send('number')).text(), '7');
    const echo = await (await send('echo')).json();
    const attributes = { id: '1', source: '/s', specversion: '1.0', type: 'echo' };
    assert.deepEqual(echo, { ...attributes, datacontenttype: 'application/json', data: { a: 1 } });
  });

  test('an error is a 500, so that the sender tries again', async () => {
    const answer = await send('rejects');
    assert.deepEqual([answer.status, answer.headers.get('x-catnap-error')], [500, 'HandlerFailed']);
  });

  test('only events get in, by POST', async () => {
    const got = await fetch(origin);
    assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST']);
    const posted = await fetch(origin, { method: 'POST', body: '{}' });
    assert.equal(posted.status, 400);
    assert.equal(posted.headers.get('x-catnap-error'), 'BadEvent');
    const said = (await posted.json()) as Record<string, string>;
    assert.deepEqual(Object.keys(said), ['error', 'message', 'function', 'requestId']);
    assert.deepEqual([said.function, said.requestId], ['default/hello', posted.headers.get('x-request-id')]);
    assert.match(said.message ?? '', /lacks id, source, specversion, type/);
  });

  test('a function with a callback', async () => {
    await using other = await replicaOf(SOURCE, { CATNAP_SIGNATURE: 'cloudevent', CATNAP_HANDLER: 'callback' });
    const to = await other.origin();
    assert.equal(await (await send('good', to)).text(), '1');
    assert.equal((await send('bad', to)).status, 500);
  });
});
