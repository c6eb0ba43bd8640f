import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { ServiceRequest } from '#platform/kube/service-proxy.ts';
import { CommandError } from '../command-line/command-error.ts';
import { Dispatcher } from './dispatcher.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const OF = '/v1/namespaces/shop/functions/orders/invocations';

type Answer = [status: number, body: unknown] | Error;

/** A dispatcher that gives these answers, one after the other. */
function answering(answers: readonly Answer[], installation = {}) {
  const asked: ServiceRequest[] = [];
  const left = [...answers];
  const kube = {
    create: () => assert.fail('a token was made'),
    serviceProxy: async (request: ServiceRequest) => {
      asked.push(request);
      const answer = left.shift() ?? assert.fail('it was asked once more');
      if (answer instanceof Error) throw answer;
      const [status, body] = answer;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return { status, headers: {}, rawHeaders: [], body: [Buffer.from(text)] as never };
    },
  };
  const cluster = { kube, namespace: 'shop', systemNamespace: 'catnap-system', token: async () => 'mine' };
  const { signal } = new AbortController();
  return { asked, dispatcher: new Dispatcher({ cluster, installation, name: 'orders', signal }) };
}

const failing = (exitCode: number, message: RegExp) => (error: unknown) =>
  error instanceof CommandError && error.exitCode === exitCode && message.test(error.message);

test('the dispatcher is asked through the API server, with the token of the caller', async () => {
  const { asked, dispatcher } = answering([[200, { id: ID }]]);
  await dispatcher.show(ID);
  const { namespace, service, method, path, headers } = asked[0] as ServiceRequest;
  assert.deepEqual(
    { namespace, service, method, path, headers },
    {
      namespace: 'catnap-system',
      service: 'http:catnap-invocations:http',
      method: 'GET',
      path: `${OF}/${ID}`,
      headers: { [CALLER_TOKEN_HEADER]: 'Bearer mine' },
    },
  );
});

test('an installation of another name is asked by its own', async () => {
  const { asked, dispatcher } = answering([[200, {}]], { invocationsService: 'other-invocations' });
  await dispatcher.remove(ID);
  assert.deepEqual([asked[0]?.service, asked[0]?.method], ['http:other-invocations:http', 'DELETE']);
});

test('pages are asked for until there are no more', async () => {
  const { asked, dispatcher } = answering([
    [200, { items: [1], cursor: 'a' }],
    [200, { items: [], cursor: 'b' }],
    [200, { items: [2] }],
  ]);
  const pages = await Array.fromAsync(dispatcher.pages('buried', 7));
  assert.deepEqual(
    pages.flatMap(({ items }) => items),
    [1, 2],
  );
  assert.deepEqual(
    asked.map(({ path }) => path.slice(OF.length)),
    ['?state=buried&limit=7', '?state=buried&limit=7&cursor=a', '?state=buried&limit=7&cursor=b'],
  );
});

test('all that is buried is sent again, some at a time', async () => {
  const { asked, dispatcher } = answering([
    [200, { changed: 200, cursor: 'a' }],
    [200, { changed: 3 }],
  ]);
  assert.equal(await dispatcher.retryAll(), 203);
  assert.deepEqual(
    asked.map(({ method, path }) => `${method} ${path.slice(OF.length)}`),
    ['POST /retry?state=buried', 'POST /retry?state=buried&cursor=a'],
  );
});

test('a dispatcher that has no room now is asked again, some times', async () => {
  const busy: Answer = [503, { message: 'too much waits' }];
  const { dispatcher } = answering([busy, [429, {}], [200, { changed: 1 }]]);
  assert.equal(await dispatcher.purge('done'), 1);
  const full = answering([busy, busy, busy, busy]);
  await assert.rejects(
    full.dispatcher.show(ID),
    (error) => error instanceof KubeError && /too much waits/.test(error.message),
  );
});

test('what the dispatcher refuses is said with its own words, and ends with a code of its own', async () => {
  const said = (status: number) => answering([[status, { error: 'X', message: 'so it is' }]]).dispatcher.show(ID);
  await assert.rejects(said(400), failing(2, /so it is/));
  await assert.rejects(said(404), failing(3, /so it is/));
  await assert.rejects(said(409), failing(1, /so it is/));
  await assert.rejects(said(403), failing(4, /so it is/));
});

test('where there is no dispatcher, or none that may be asked, that is what is said', async () => {
  const refused = (status: number) => answering([new KubeError(status, 'x', 'refused')]).dispatcher.show(ID);
  await assert.rejects(refused(404), failing(4, /no dispatcher is installed/));
  await assert.rejects(refused(403), failing(4, /may not ask/));
  await assert.rejects(refused(503), failing(4, /does not run/));
  await assert.rejects(refused(0), KubeError);
});
