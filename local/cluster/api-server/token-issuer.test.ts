import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { KeySet } from '#platform/access/key-set.ts';
import { TokenVerifier } from '#platform/access/token-verifier.ts';
import { NOBODY, TestServer } from './test-server.ts';

const KEYS = '/openid/v1/jwks';
const CONFIGURATION = '/.well-known/openid-configuration';

suite('the issuer of service account tokens', () => {
  let server: TestServer;
  let token: string;
  before(async () => {
    server = await TestServer.start();
    token = await server.account('reader', []);
  });
  after(() => server[Symbol.asyncDispose]());

  const get = (path: string, accept: string) =>
    server.fetch(path, { headers: { accept, authorization: `Bearer ${token}` } });

  test('shows every service account its public keys, in a type of their own', async () => {
    const answer = await get(KEYS, 'application/json, application/jwk-set+json');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/jwk-set+json');
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=3600');
    const { keys } = (await answer.json()) as { keys: Record<string, string>[] };
    assert.deepEqual(Object.keys(keys[0] ?? {}).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    assert.equal((await get(KEYS, '*/*')).status, 200);
    const refused = await get(KEYS, 'application/json');
    assert.equal(refused.status, 406);
    assert.match(await refused.text(), /Available representations: application\/jwk-set\+json/);
  });

  test('shows them to no other user', async () => {
    for (const path of [KEYS, CONFIGURATION]) assert.equal((await server.get(path, NOBODY)).code, 403);
  });

  test('names itself and where the keys are', async () => {
    const { issuer, jwks_uri } = (await (await get(CONFIGURATION, 'application/json')).json()) as Record<
      string,
      string
    >;
    assert.equal(jwks_uri, `${issuer}${KEYS}`);
  });

  test('its tokens can be checked with those keys, and with no others', async () => {
    const nowMs = () => performance.now();
    const wish = { spec: { audiences: ['other'] } };
    const account = '/api/v1/namespaces/default/serviceaccounts/reader/token';
    const { body } = await server.call('POST', account, wish);
    const rules = {
      issuer: 'https://kubernetes.default.svc.cluster.local',
      audience: 'other',
      subject: 'system:serviceaccount:default:reader',
    };
    const load = async () => (await get(KEYS, '*/*')).json();
    const verified = await new TokenVerifier(new KeySet({ load, nowMs })).verify(body.status.token, rules);
    assert.ok('claims' in verified);
    await using stranger = await TestServer.start();
    const wrong = async () => (await stranger.fetch(KEYS)).json();
    const refused = await new TokenVerifier(new KeySet({ load: wrong, nowMs })).verify(body.status.token, rules);
    assert.equal('fault' in refused && refused.fault, 'key');
  });
});
