/** Longer than 250 lines: work that nobody waits for, as those who call, write and run functions see it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { FunctionObject } from '#api/function.ts';
import { INVOCATIONS_PORT_NAME, invocationsPath } from '#api/invocations-for-people.ts';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { SelfReviewer } from '#platform/authorization/self-review.ts';
import { PODS, type Resource, SERVICES } from '#platform/kube/resources.ts';
import { serviceAccountToken } from '#platform/kube/service-account-token.ts';
import { catnap } from '../support/catnap.ts';
import { dispatchedTests } from '../support/dispatched.ts';
import { eventually } from '../support/eventually.ts';
import { type Call, GatewayClient } from '../support/gateway.ts';
import { oneAndOther, twoGateways } from '../support/gateway-pods.ts';
import { type Manifest, manifest, type SpecInput } from '../support/manifest.ts';
import { OidcProvider } from '../support/oidc-provider.ts';
import { settings, systemNamespace } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import { condition, FUNCTION, type World } from '../support/world.ts';

const system = useSystem();
const test = dispatchedTests(system);
const SERVICE_ACCOUNTS: Resource = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};
const HERE = { skip: !system.local && 'not checked: the provider of the test is on this machine' };
const DISPATCHER = {
  namespace: systemNamespace,
  labelSelector: 'app.kubernetes.io/component=dispatcher,app.kubernetes.io/name=catnap',
};
const LATER = { prefer: 'respond-async' };
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Attempts follow each other at once. */
const AT_ONCE = { minBackoffSeconds: 1, maxBackoffSeconds: 1 };

/** Answers with what it was asked, and by which attempt. */
const ECHO = `export default async (request, { invocation, caller }) => Response.json({
  method: request.method,
  url: new URL(request.url).pathname + new URL(request.url).search,
  headers: Object.fromEntries(request.headers),
  body: await request.text(),
  attempt: invocation?.attempt ?? null,
  id: invocation?.id ?? null,
  caller: caller?.name ?? null,
  atMs: Date.now(),
}, { status: 201, headers: { 'x-of': 'echo' } });`;

type Async = NonNullable<SpecInput['async']>;
const later = (
  world: World,
  name: string,
  source: string,
  async: Async = {},
  more: Partial<SpecInput> = {},
): Manifest => manifest(world.namespace, name, source, { ...more, async });

interface Status {
  id: string;
  status: string;
  attempts: number;
  nextAttemptAt?: string;
  note?: string;
  response?: { status: number; headers: Record<string, string>; body: string };
}

/** Sends it to be delivered later; how it goes is asked at `location`. */
async function accepted(gateway: Pick<GatewayClient, 'call'>, url: string, call: Call = {}) {
  const answer = await gateway.call(url, { method: 'POST', ...call, headers: { ...LATER, ...call.headers } });
  assert.equal(answer.status, 202, answer.text);
  const { id } = JSON.parse(answer.text) as Status;
  return { id, location: String(answer.headers.location), answer };
}

/** How it goes, once it has ended. */
async function ended(
  gateway: Pick<GatewayClient, 'call'>,
  url: string,
  { location, headers = {} }: { location: string; headers?: Record<string, string> },
): Promise<Status> {
  return await eventually(
    `${location} has ended`,
    async () => {
      const { status, text } = await gateway.call(url, { path: location, headers: { prefer: 'wait=10', ...headers } });
      assert.equal(status, 200, text);
      const said = JSON.parse(text) as Status;
      return said.status !== 'waiting' && said.status !== 'running' && said;
    },
    60_000,
  );
}

const bodyOf = ({ response }: Status) => JSON.parse(String(response?.body));
const asyncOf = (fn: FunctionObject) => fn.status?.conditions?.find(({ type }) => type === 'Async');
const run = (world: World, line: readonly string[]) =>
  catnap([...line, '-n', world.namespace], { kubeconfig: system.kubeconfig });

test('a request that prefers it is accepted at one gateway, and its end is known at the other', async (t) => {
  await using world = await system.world();
  const url = await world.deploy(later(world, 'echo', ECHO));
  const [one, other] = await oneAndOther(t, system, world);
  const headers = { 'x-mine': 'yes', authorization: 'Bearer secret', cookie: 'session=secret' };
  const { id, location, answer } = await accepted(one, url, { path: '/a?b=c', body: 'hello', headers });
  assert.match(id, ID);
  assert.equal(answer.headers['preference-applied'], 'respond-async');
  assert.equal(location, `/.catnap/invocations/${id}`);
  const done = await ended(other, url, { location });
  assert.deepEqual([done.status, done.attempts, done.response?.status], ['done', 1, 201]);
  const { headers: seen, ...rest } = bodyOf(done);
  const { method, url: path, body, attempt, id: told } = rest;
  assert.deepEqual([method, path, body, attempt, told], ['POST', '/a?b=c', 'hello', 1, id]);
  assert.equal(seen['x-mine'], 'yes');
  assert.equal(seen['x-request-id'], answer.headers['x-request-id']);
  assert.ok(!JSON.stringify(done).includes('secret'), 'what proves who asks is not stored');
  const replayed = await other.call(url, { path: `${location}/response` });
  assert.deepEqual([replayed.status, replayed.headers['x-of'], replayed.text], [201, 'echo', done.response?.body]);
});

test('without the preference, and without spec.async, a request is answered by the function', async () => {
  await using world = await system.world();
  const url = await world.deploy(later(world, 'echo', ECHO));
  assert.equal(JSON.parse((await world.call(url, { method: 'POST' })).text).attempt, null);
  const plain = await world.deploy(manifest(world.namespace, 'plain', ECHO));
  const answer = await world.call(plain, { method: 'POST', headers: LATER });
  assert.equal(JSON.parse(answer.text).headers.prefer, 'respond-async', 'the preference is passed on');
  const never = await world.deploy(later(world, 'never', ECHO, { mode: 'Never' }));
  assert.equal((await world.call(never, { method: 'POST', headers: LATER })).status, 201);
});

test('at each address of the function Location leads to how it goes', async () => {
  await using world = await system.world();
  await world.deploy(later(world, 'echo', ECHO));
  const { base } = world.gateway;
  const { location } = await accepted(world.gateway, base, { path: `/fn/${world.namespace}/echo/x` });
  assert.match(location, new RegExp(`^/fn/${world.namespace}/echo/\\.catnap/invocations/`));
  assert.equal(bodyOf(await ended(world.gateway, base, { location })).url, '/x');
});

test('a function that always is has each request stored as one entry, and is asked how it goes all the same', async () => {
  await using world = await system.world();
  const url = await world.deploy(later(world, 'always', ECHO, { mode: 'Always' }));
  const posted = await world.call(url, { method: 'POST', body: 'x' });
  const read = await world.call(url, { path: '/?q' });
  assert.deepEqual([posted.status, read.status], [202, 202]);
  const done = await ended(world.gateway, url, { location: String(read.headers.location) });
  assert.deepEqual([bodyOf(done).method, bodyOf(done).url], ['GET', '/?q']);
  const { stdout } = await run(world, ['invocations', 'list', 'always', '--json']);
  assert.equal(JSON.parse(stdout).items.length, 2);
});

test('an attempt that fails is made again until one succeeds', async () => {
  await using world = await system.world();
  const source = `export default (request, { invocation }) =>
    invocation.attempt < 3 ? new Response('not yet', { status: 503 }) : 'attempt ' + invocation.attempt;`;
  const url = await world.deploy(later(world, 'third', source, { retry: AT_ONCE }));
  const { location } = await accepted(world.gateway, url);
  const done = await ended(world.gateway, url, { location });
  assert.deepEqual([done.status, done.attempts, done.response?.body], ['done', 3, 'attempt 3']);
});

test('what is given up is told in the Function and listed, and is done once it is mended and sent again', async () => {
  await using world = await system.world();
  const broken = `export default () => new Response('no such account', { status: 422 });`;
  const url = await world.deploy(later(world, 'books', broken));
  const { id, location } = await accepted(world.gateway, url, { path: '/book', body: '{"cents":7}' });
  const buried = await ended(world.gateway, url, { location });
  assert.deepEqual([buried.status, buried.attempts, buried.response?.status], ['buried', 1, 422]);
  const told = await world.function(
    'books',
    'says what is buried, and is well itself',
    (fn) => asyncOf(fn)?.reason === 'Buried' && condition(fn, 'Ready')?.status === 'True',
  );
  assert.match(String(asyncOf(told)?.message), /^1 invocation is buried/);

  const listed = await run(world, ['invocations', 'list', 'books', '--state', 'buried']);
  assert.match(listed.stdout, new RegExp(`^ID +STATUS .*\n${id} +buried +1 +`));
  const shown = JSON.parse((await run(world, ['invocations', 'show', 'books', id, '--json'])).stdout);
  assert.deepEqual([shown.request.method, shown.request.path, shown.request.body], ['POST', '/book', '{"cents":7}']);
  assert.deepEqual([shown.response.status, shown.response.body], [422, 'no such account']);

  await world.deploy(later(world, 'books', ECHO));
  assert.equal(
    (await run(world, ['invocations', 'retry', 'books', '--all'])).stdout,
    '1 invocation of books sent again\n',
  );
  const done = await ended(world.gateway, url, { location });
  assert.deepEqual([done.status, done.attempts, bodyOf(done).body], ['done', 1, '{"cents":7}']);
  assert.equal((await run(world, ['invocations', 'retry', 'books', id])).exitCode, 1, 'it is not buried any more');
  await world.function('books', 'has none buried', (fn) => asyncOf(fn)?.reason !== 'Buried');
  assert.equal((await run(world, ['invocations', 'purge', 'books', '--all'])).exitCode, 0);
  assert.equal((await world.call(url, { path: location })).status, 404);
});

test('who may get the Function sees its invocations, who may update it changes them, and no one else', async () => {
  await using world = await system.world();
  const url = await world.deploy(later(world, 'secret', ECHO, {}, {}));
  const { id } = await accepted(world.gateway, url, { body: 'for few' });
  const service = await invocationsService(world);
  const ask = async (token: string | undefined, method: string, rest: string) => {
    const { status, body } = await system.kube.serviceProxy({
      namespace: systemNamespace,
      service: `http:${service}:${INVOCATIONS_PORT_NAME}`,
      method,
      path: `${invocationsPath({ namespace: world.namespace, name: 'secret' })}${rest}`,
      headers: token === undefined ? {} : { [CALLER_TOKEN_HEADER]: `Bearer ${token}` },
      signal: world.soon(),
    });
    const text = Buffer.concat(await Array.fromAsync(body)).toString();
    assert.ok(status === 200 || !text.includes('for few'));
    return status;
  };
  const stranger = await accountWith(world, 'stranger', []);
  const reader = await accountWith(world, 'reader', ['get']);
  const writer = await accountWith(world, 'writer', ['get', 'update']);
  const reads = async (token?: string) => [await ask(token, 'GET', ''), await ask(token, 'GET', `/${id}`)];
  assert.deepEqual(await reads(), [401, 401]);
  assert.deepEqual(await reads('made.up.token'), [401, 401]);
  assert.deepEqual(await reads(stranger), [403, 403]);
  assert.deepEqual(await reads(reader), [200, 200]);
  assert.equal(await ask(reader, 'DELETE', `/${id}`), 403);
  assert.equal(await ask(reader, 'POST', '/purge?state=all'), 403);
  assert.equal(await ask(writer, 'POST', '/purge?state=all'), 200);
  assert.equal(await ask(reader, 'GET', `/${id}`), 404);
});

/** The Service that people ask, as the chart calls it for this release. */
async function invocationsService(world: World): Promise<string> {
  const { items } = await world.kube.listAll(SERVICES, { ...DISPATCHER, signal: world.soon() });
  const one = items.find(({ spec }) => spec?.ports?.some(({ name }) => name === INVOCATIONS_PORT_NAME));
  return String(one?.metadata?.name);
}

/** A token of an account that may do this with the world's Functions, once the API server says so. */
async function accountWith(world: World, name: string, verbs: readonly string[]): Promise<string> {
  const group = 'rbac.authorization.k8s.io';
  const of = (plural: string, kind: string): Resource => ({ group, version: 'v1', plural, kind, namespaced: true });
  const metadata = world.ref(name);
  const subjects = [{ kind: 'ServiceAccount', ...world.ref(name) }];
  const rules = [{ apiGroups: ['catnap.dev'], resources: ['functions'], verbs }];
  await world.put(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata } as never);
  if (verbs.length > 0) {
    await world.put(of('roles', 'Role'), { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules } as never);
    const roleRef = { apiGroup: group, kind: 'Role', name };
    const binding = { apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects };
    await world.put(of('rolebindings', 'RoleBinding'), binding as never);
  }
  const token = await serviceAccountToken(system.kube, { namespace: world.namespace, name }, world.soon());
  await hasRights(world, token, verbs);
  return token;
}

/** API servers learn of a binding by a watch of their own, and a refusal of before is kept for some seconds. */
async function hasRights(world: World, token: string, verbs: readonly string[]): Promise<void> {
  const access = await clusterAccess({ KUBECONFIG: system.kubeconfig, HOME: settings.HOME });
  using reviewer = new SelfReviewer(access, { userAgent: 'catnap-e2e' });
  for (const verb of verbs) {
    const asked = { group: 'catnap.dev', resource: 'functions', verb, namespace: world.namespace };
    await eventually(`it may ${verb}`, async () => (await reviewer.verdict(token, asked, world.soon())) === 'allowed');
  }
}

test('the same request by the same Idempotency-Key is the same invocation; another one is refused', async () => {
  await using world = await system.world();
  const url = await world.deploy(later(world, 'once', ECHO));
  const headers = { 'idempotency-key': 'order-7' };
  const first = await accepted(world.gateway, url, { body: 'a', headers });
  const again = await accepted(world.gateway, url, { body: 'a', headers });
  await ended(world.gateway, url, first);
  const late = await accepted(world.gateway, url, { body: 'a', headers });
  assert.deepEqual([again.id, late.id], [first.id, first.id]);
  const other = await world.call(url, { method: 'POST', body: 'b', headers: { ...LATER, ...headers } });
  assert.deepEqual([other.status, other.headers['x-catnap-error']], [422, 'IdempotencyKeyReused']);
  const more = await accepted(world.gateway, url, { body: 'a', headers: { 'idempotency-key': 'order-8' } });
  assert.notEqual(more.id, first.id);
});

test('nothing is delivered before the time that Catnap-Not-Before names', async () => {
  await using world = await system.world();
  const url = await world.deploy(later(world, 'patient', ECHO));
  const atMs = Date.now() + 4_000;
  const headers = { 'catnap-not-before': new Date(atMs).toISOString() };
  const { location } = await accepted(world.gateway, url, { headers });
  const before = JSON.parse((await world.call(url, { path: location })).text) as Status;
  assert.deepEqual([before.status, before.attempts, Date.parse(String(before.nextAttemptAt))], ['waiting', 0, atMs]);
  const done = await ended(world.gateway, url, { location });
  assert.ok(bodyOf(done).atMs >= atMs);
  for (const wrong of ['soon', new Date(Date.now() + 31 * 86_400_000).toISOString()]) {
    const refused = await world.call(url, { method: 'POST', headers: { ...LATER, 'catnap-not-before': wrong } });
    assert.equal(refused.status, 400, wrong);
  }
});

test('what waits for a function goes with it, and a new one of its name has none of it', async () => {
  await using world = await system.world();
  const url = await world.deploy(later(world, 'gone', ECHO));
  const headers = { 'catnap-not-before': new Date(Date.now() + 3_600_000).toISOString() };
  const { id, location } = await accepted(world.gateway, url, { headers });
  await system.kube.delete(FUNCTION, world.ref('gone'), { signal: world.soon() });
  await eventually('it is gone', async () => (await run(world, ['invocations', 'list', 'gone'])).exitCode === 3);
  await world.deploy(later(world, 'gone', ECHO));
  assert.equal((await world.call(url, { path: location })).status, 404);
  const listed = await eventually('the dispatcher knows the new one', async () => {
    const { exitCode, stdout } = await run(world, ['invocations', 'list', 'gone']);
    return exitCode === 0 && stdout;
  });
  assert.equal(listed, 'no invocations\n');
  assert.equal((await run(world, ['invocations', 'show', 'gone', id])).exitCode, 3);
});

test('a token that is good no longer when it is delivered was good when it was accepted', HERE, async () => {
  await using provider = await OidcProvider.start('ES256');
  await using world = await system.world();
  const audience = 'https://shop.example.com';
  const jwt = { issuer: provider.issuer, audiences: [audience] };
  const url = await world.deploy(later(world, 'members', ECHO, {}, { access: [{ jwt }] }));
  const token = await provider.token(audience);
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
  await eventually('the gateways ask for a token', async () => (await world.call(url)).status === 401);
  const unknown = await world.call(url, { method: 'POST', headers: LATER });
  assert.equal(unknown.status, 401, 'who may not call may not have it done later');
  const atMs = Date.now() + 12_000;
  const { location } = await accepted(world.gateway, url, {
    headers: { ...bearer(token), 'catnap-not-before': new Date(atMs).toISOString() },
  });
  await provider.restart('ES256');
  const fresh = await provider.token(audience);
  for (const { url: base } of await twoGateways(system.kube)) {
    await using gateway = new GatewayClient(base);
    const statusFor = async (headers: Record<string, string>) =>
      (await gateway.call(url, { path: location, headers })).status;
    // The new key is known with its first token, and the old one is not believed any more.
    assert.equal(await statusFor(bearer(fresh)), 200);
    assert.equal(await statusFor(bearer(token)), 401);
    assert.equal(await statusFor({}), 401);
  }
  assert.ok(Date.now() < atMs, 'the token was good no longer before it was delivered');
  const done = await ended(world.gateway, url, { location, headers: bearer(fresh) });
  const { caller, headers } = bodyOf(done);
  assert.deepEqual([done.status, caller, headers.authorization], ['done', 'robot', undefined]);
});

test('what a client says of an invocation reaches no handler', async () => {
  await using world = await system.world();
  const url = await world.deploy(later(world, 'echo', ECHO));
  const forged = { 'catnap-invocation-id': 'mine', 'catnap-attempt': '7', 'x-catnap-timeout-ms': '1' };
  const { id, attempt, headers } = JSON.parse((await world.call(url, { method: 'POST', headers: forged })).text);
  assert.deepEqual([id, attempt, headers['catnap-attempt']], [null, null, undefined]);
  const { location, id: own } = await accepted(world.gateway, url, { headers: forged });
  const delivered = bodyOf(await ended(world.gateway, url, { location }));
  assert.deepEqual([delivered.id, delivered.attempt], [own, 1]);
});

test('a delivery that runs while the dispatcher is replaced is made once', async () => {
  await using world = await system.world();
  const source = `let runs = 0;
  export default async (request, { invocation }) => {
    runs += 1;
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    return { runs, attempt: invocation.attempt };
  };`;
  const url = await world.deploy(later(world, 'long', source));
  const { location } = await accepted(world.gateway, url);
  await eventually('it runs', async () => {
    const { text } = await world.call(url, { path: location });
    return (JSON.parse(text) as Status).status === 'running';
  });
  const { items } = await system.kube.listAll(PODS, { ...DISPATCHER, signal: world.soon() });
  assert.equal(items.length, 1);
  for (const { metadata } of items) {
    const ref = { namespace: String(metadata?.namespace), name: String(metadata?.name) };
    await system.kube.delete(PODS, ref, { signal: world.soon() });
  }
  const done = await eventually(
    'the next dispatcher has its answer',
    async () => {
      const { status, text } = await world.call(url, { path: location });
      const said = JSON.parse(text) as Status;
      return status === 200 && said.status === 'done' && said;
    },
    90_000,
  );
  assert.deepEqual([done.attempts, bodyOf(done)], [1, { runs: 1, attempt: 1 }]);
});

test('catnap invoke --wait shows what the function answered later', async () => {
  await using world = await system.world();
  await world.deploy(later(world, 'echo', ECHO));
  const waited = await run(world, ['invoke', 'echo', '/x', '-d', 'hello', '--wait']);
  assert.equal(waited.exitCode, 0, waited.stderr);
  assert.deepEqual([JSON.parse(waited.stdout).body, JSON.parse(waited.stdout).attempt], ['hello', 1]);
  const told = JSON.parse((await run(world, ['invoke', 'echo', '--async', '--json'])).stdout);
  assert.match(told.id, ID);
  assert.equal(told.path, `/.catnap/invocations/${told.id}`);
});

test('catnap invoke --async prints the id alone, for a script, and says beside it how to ask after it', async () => {
  await using world = await system.world();
  await world.deploy(later(world, 'echo', ECHO));
  const { stdout, stderr } = await run(world, ['invoke', 'echo', '--async']);
  const id = stdout.trimEnd();
  assert.match(id, ID);
  assert.ok(stderr.includes(`catnap invocations show echo ${id} -n ${world.namespace}`), stderr);
});

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'async');

const CHECKS: Record<string, (world: World, url: string) => Promise<void>> = {
  'webhook.yaml': async (world, url) => {
    const pay = (body: object) => world.call(url, { method: 'POST', body: JSON.stringify(body) });
    const [first, wrong] = [await pay({ id: 'p-1', cents: 700 }), await pay({ id: 7 })];
    assert.deepEqual([first.status, wrong.status], [202, 202]);
    const done = await ended(world.gateway, url, { location: String(first.headers.location) });
    assert.deepEqual(bodyOf(done), { id: 'p-1', booked: 700 });
    const again = await ended(world.gateway, url, {
      location: String((await pay({ id: 'p-1', cents: 700 })).headers.location),
    });
    assert.deepEqual(bodyOf(again), { id: 'p-1', again: true });
    const refused = await ended(world.gateway, url, { location: String(wrong.headers.location) });
    assert.deepEqual([refused.status, refused.attempts], ['buried', 1]);
  },
  'long-job.yaml': async (world, url) => {
    const short = await world.call(url, { method: 'POST', body: '{"pages":3,"pageMs":10}' });
    assert.deepEqual(JSON.parse(short.text), { pages: 3, attempt: null });
    const { location } = await accepted(world.gateway, url, { body: '{"pages":3,"pageMs":10}' });
    assert.deepEqual(bodyOf(await ended(world.gateway, url, { location })), { pages: 3, attempt: 1 });
  },
};

test('each example of work that nobody waits for is checked', () => {
  assert.deepEqual(readdirSync(EXAMPLES).sort(), Object.keys(CHECKS).sort());
});

for (const [name, check] of Object.entries(CHECKS)) {
  test(`examples/async/${name} does what it says`, async () => {
    await using world = await system.world();
    const example = parse(readFileSync(join(EXAMPLES, name), 'utf8')) as Manifest;
    const metadata = { ...example.metadata, namespace: world.namespace };
    await check(world, await world.deploy({ ...example, metadata }));
  });
}
