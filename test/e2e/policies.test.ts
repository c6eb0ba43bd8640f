import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { FunctionObject } from '#api/function.ts';
import { serviceAccountToken } from '#platform/kube/service-account-token.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, type Manifest, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { condition, observed, type World } from '../support/world.ts';

const system = useSystem();
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

test('a refused request starts no pod, at none of the addresses of its function', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'closed', HELLO, { denyFrom: EVERYWHERE }));
  const answers = await Promise.all([
    ...Array.from({ length: 8 }, () => world.call(url)),
    world.call(world.gateway.base, { path: `/fn/${world.namespace}/closed/` }),
  ]);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([403]));
  assert.deepEqual(new Set(answers.map(({ headers }) => headers['x-catnap-error'])), new Set(['Forbidden']));
  assert.deepEqual(await world.pods(), []);
  assert.equal((await world.get('closed')).status?.replicas, 0);
});

test('a change of policies makes no revision, and holds at once', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'open', HELLO, { allowFrom: EVERYWHERE }));
  assert.equal((await world.call(url)).status, 200);
  const { revision } = (await world.get('open')).status ?? {};
  await world.apply(manifest(world.namespace, 'open', HELLO, { httpsOnly: true }));
  const after = await world.function('open', 'is looked at', observed);
  assert.equal(after.status?.revision, revision);
  const answer = await eventually('a gateway knows of the change', async () => {
    const one = await world.call(url, { path: '/a?b' });
    return one.status === 308 && one;
  });
  assert.equal(answer.headers.location, `https://${new URL(url).hostname}/a?b`);
});

test('what the API server lets in and means nothing is told, and the function is closed', async () => {
  await using world = await system.world();
  await world.apply(manifest(world.namespace, 'wrong', HELLO, { allowFrom: ['1::2::3'] }));
  const fn = await world.function('wrong', 'is told', (one) => condition(one, 'Ready')?.reason === 'PolicyInvalid');
  assert.match(String(condition(fn, 'RouteReady')?.message), /spec\.allowFrom\[0\]: "1::2::3"/);
  const answer = await eventually('a gateway knows of it', async () => {
    const one = await world.call(String(fn.status?.url));
    return one.status !== 404 && one;
  });
  assert.deepEqual([answer.status, answer.headers['x-catnap-error']], [403, 'PolicyInvalid']);
});

const GATEWAY_EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'gateway');

/** The example's issuer is made up: it never gives its keys. */
const OF_NO_ISSUER = 'jwt.yaml';
/** A description that does not come, and name servers that do not answer, take some of it. */
const ASKED_MS = 30_000;

/** Applies the one Function of an example, and resolves with its address once it is ready, or says why it is not. */
async function exampleUrl(world: World, name: string): Promise<string> {
  const { spec, ...object } = parse(readFileSync(join(GATEWAY_EXAMPLES, name), 'utf8')) as Manifest;
  // Nothing is started to try it: that a preflight starts nothing could not be seen.
  const untried = { ...spec, scaling: { ...spec.scaling, tryOnChange: false } };
  const example = { ...object, spec: untried, metadata: { ...object.metadata, namespace: world.namespace } };
  if (name !== OF_NO_ISSUER) return await world.deploy(example);
  await world.apply(example);
  const isTold = (one: FunctionObject) => condition(one, 'Ready')?.reason === 'PolicyInvalid';
  const fn = await world.function(example.metadata.name, 'its issuer is told', isTold, ASKED_MS);
  assert.match(
    String(condition(fn, 'RouteReady')?.message),
    /^spec\.access\[0\]\.jwt: the issuer .* does not give its keys/,
  );
  const url = String(fn.status?.url);
  await eventually('a gateway knows of it', async () => (await world.call(url)).status !== 404);
  return url;
}

/** What pods of the world's namespace have by themselves, for an audience. */
const accountToken = (world: World, audience: string) =>
  serviceAccountToken(
    system.kube,
    { namespace: world.namespace, name: 'default', audience },
    AbortSignal.timeout(10_000),
  );

test('a pod of the cluster comes in with its own token, for the audience alone that the function names', async () => {
  await using world = await system.world();
  const access = [{ serviceAccounts: [{ namespace: world.namespace, name: 'default' }], audiences: ['of-the-test'] }];
  const source = 'export default (request, { caller }) => caller.way + " " + caller.name';
  const url = await world.deploy(manifest(world.namespace, 'internal', source, { access }));
  const ask = async (audience: string) =>
    await world.call(url, { headers: { authorization: `Bearer ${await accountToken(world, audience)}` } });
  assert.equal((await ask('another')).status, 401);
  const { status, text } = await ask('of-the-test');
  assert.deepEqual([status, text], [200, `serviceAccounts system:serviceaccount:${world.namespace}:default`]);
});

/** What each example is for. */
const EXAMPLES: Record<string, (world: World, url: string) => Promise<void>> = {
  'addresses.yaml': async (world, url) => {
    const { status, text } = await world.call(url);
    assert.deepEqual([status, text], [200, 'for us']);
  },
  'client-certificates.yaml': async (world, url) => {
    // This gateway asks for no certificates: nobody is let in, whatever a header says.
    const headers = { 'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/shop/sa/frontend' };
    const refused = await world.call(url, { headers });
    assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, undefined]);
    assert.deepEqual(await world.pods(), []);
  },
  'cors.yaml': async (world, url) => {
    const origin = 'https://a.shop.example.com';
    const asks = { origin, 'access-control-request-method': 'PUT' };
    const preflight = await world.call(url, { method: 'OPTIONS', headers: asks });
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [204, origin]);
    assert.deepEqual(await world.pods(), []);
    const answer = await world.call(url, { headers: { origin, cookie: 'a=b' } });
    assert.deepEqual([answer.status, answer.text], [200, '{"cookie":"a=b"}']);
    assert.equal(answer.headers['access-control-allow-credentials'], 'true');
    const stranger = await world.call(url, { headers: { origin: 'https://evil.example' } });
    assert.deepEqual([stranger.status, stranger.headers['access-control-allow-origin']], [200, undefined]);
  },
  'jwt.yaml': async (world, url) => {
    const refused = await world.call(url);
    assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Bearer']);
    const token = [
      { alg: 'none' },
      { iss: 'https://login.example.com', aud: 'https://shop.example.com', sub: 'a' },
      '',
    ];
    const forged = token.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const answer = await world.call(url, { headers: { authorization: `Bearer ${forged}` } });
    assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Bearer error="invalid_token"']);
    assert.deepEqual(await world.pods(), []);
  },
  'keys.yaml': async (world, url) => {
    const asked = (headers: Record<string, string>, path = '/') => world.call(url, { headers, path });
    const refused = await asked({});
    assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'ApiKey header="X-Api-Key"']);
    const known = await asked({ 'x-api-key': '5a3c7e1d9b2f48a6c0e4d8f1b7a39256' });
    assert.deepEqual([known.status, known.text], [200, 'Hello, ci!']);
    const forged = { 'x-catnap-caller-way': 'apiKeys', 'x-catnap-caller-name': 'ci' };
    const everyone = await asked(forged, '/healthz');
    assert.deepEqual([everyone.status, everyone.text], [200, 'Hello, stranger!']);
    assert.equal((await asked({}, '/healthz/%2e%2e/x')).status, 401);
  },
  'rate-limit.yaml': async (world, url) => {
    const answers: Awaited<ReturnType<World['call']>>[] = [];
    for (let i = 0; i < 8; i += 1) answers.push(await world.call(url));
    const passed = answers.filter(({ status }) => status === 200);
    // What one gateway has let through the other knows a tenth of a second later.
    assert.ok(passed.length >= 3 && passed.length <= 5, String(passed.length));
    assert.equal(passed[0]?.text, 'one of few\n');
    const { status, headers } = answers.findLast((answer) => answer.status !== 200) ?? assert.fail('none was refused');
    assert.deepEqual([status, headers['x-catnap-error']], [429, 'RateLimited']);
    assert.equal(headers['ratelimit-policy'], '"client";q=3;w=60');
    assert.ok(Number(headers['retry-after']) >= 1);
  },
  'service-accounts.yaml': async (world, url) => {
    const refused = await world.call(url);
    assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Bearer']);
    const headers = { authorization: `Bearer ${await accountToken(world, 'internal.shop.example.com')}` };
    assert.equal((await world.call(url, { headers })).status, 403);
    assert.deepEqual(await world.pods(), []);
  },
};

test('each example of the gateway is checked', () => {
  assert.deepEqual(readdirSync(GATEWAY_EXAMPLES).sort(), Object.keys(EXAMPLES));
});

for (const [name, check] of Object.entries(EXAMPLES)) {
  test(`examples/gateway/${name} does what it says`, async () => {
    await using world = await system.world();
    await check(world, await exampleUrl(world, name));
  });
}
