/** Tokens of a real OpenID provider, at each gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { GatewayClient } from '../support/gateway.ts';
import { twoGateways } from '../support/gateway-pods.ts';
import { manifest } from '../support/manifest.ts';
import { OidcProvider } from '../support/oidc-provider.ts';
import { useSystem } from '../support/system.ts';
import { condition } from '../support/world.ts';

const system = useSystem();
const HERE = { skip: !system.local && 'not checked: the provider of the test is on this machine' };
const AUDIENCE = 'https://shop.example.com';
const SOURCE = `export default (request, { caller }) =>
  Response.json({ ...caller, authorization: request.headers.get('authorization'), user: request.headers.get('x-user') })`;

test('tokens of a provider: over rotation and outage, for another audience, for another scope', HERE, async () => {
  await using provider = await OidcProvider.start();
  await using world = await system.world();
  const jwt = { issuer: provider.issuer, audiences: [AUDIENCE], scopes: ['read'], forward: { 'X-User': 'client_id' } };
  const spec = { access: [{ jwt }], scaling: { tryOnChange: false } };
  const url = await world.deploy(manifest(world.namespace, 'members', SOURCE, spec));
  await using stack = new AsyncDisposableStack();
  const gateways = (await twoGateways(system.kube)).map(({ url }) => stack.use(new GatewayClient(url)));
  const statuses = async (token: string | undefined) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return await Promise.all(gateways.map(async (gateway) => (await gateway.call(url, { headers })).status));
  };
  const all = (status: number) => gateways.map(() => status);

  await eventually('each gateway asks for a token', async () =>
    (await statuses(undefined)).every((one) => one === 401),
  );
  assert.deepEqual(await statuses(await provider.token('https://other.example.com')), all(401));
  assert.deepEqual(await world.pods(), []);

  const first = await provider.token(AUDIENCE);
  assert.deepEqual(await statuses(first), all(200));
  const { text } = await world.call(url, { headers: { authorization: `Bearer ${first}`, 'x-user': 'root' } });
  const { way, name, issuer, claims, authorization, user } = JSON.parse(text);
  assert.deepEqual([way, name, issuer, authorization, user], ['jwt', 'robot', provider.issuer, null, 'robot']);
  assert.deepEqual([claims.aud, claims.scope], [AUDIENCE, 'read']);
  assert.deepEqual(await statuses(await provider.token(AUDIENCE, 'write')), all(403));

  await provider.stop();
  assert.deepEqual(await statuses(first), all(200), 'its keys are known while it is away');

  await provider.restart('RS256');
  const second = await provider.token(AUDIENCE);
  assert.deepEqual(await statuses(second), all(200), 'a new key is known with its first token');
  assert.deepEqual(await statuses(first), all(401), 'the old one is not believed any more');
});

test('a provider that does not answer lets nobody in, and once it answers tokens are good', HERE, async () => {
  await using provider = await OidcProvider.start('RS256');
  const token = await provider.token(AUDIENCE);
  await provider.stop();
  await using world = await system.world();
  const jwt = { issuer: provider.issuer, audiences: [AUDIENCE] };
  const spec = { access: [{ jwt }], scaling: { tryOnChange: false } };
  await world.apply(manifest(world.namespace, 'members', SOURCE, spec));
  const told = await world.function('members', 'is told', (fn) => condition(fn, 'Ready')?.reason === 'PolicyInvalid');
  assert.match(
    String(condition(told, 'Ready')?.message),
    /^spec\.access\[0\]\.jwt: the issuer http:.* get 401 until it does$/,
  );
  const url = String(told.status?.url);
  const ask = () => world.call(url, { headers: { authorization: `Bearer ${token}` } });
  const refused = await eventually('a gateway knows of it', async () => {
    const one = await ask();
    return one.status !== 404 && one;
  });
  assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Bearer error="invalid_token"']);
  assert.deepEqual(await world.pods(), []);
  await provider.restart('RS256');
  const fresh = await provider.token(AUDIENCE);
  const answer = await eventually('the provider is asked again', async () => {
    const one = await world.call(url, { headers: { authorization: `Bearer ${fresh}` } });
    return one.status === 200 && one;
  });
  assert.equal(JSON.parse(answer.text).name, 'robot');
  assert.equal((await ask()).status, 401, 'what it signed with a key that it has no longer');
});
