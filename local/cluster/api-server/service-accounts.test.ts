import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { newSigningKey } from './auth/json-web-token.ts';
import { ISSUER, ServiceAccountTokens } from './auth/service-account-tokens.ts';
import { Database } from './store/database.ts';
import { Store } from './store/store.ts';
import { type Loose, pod, TestServer } from './test-server.ts';

const ACCOUNT = { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'robot', namespace: 'a', uid: 'u1' } };
const KEY = { bucket: 'serviceaccounts', namespace: 'a', name: 'robot' };

test('a token is good for its time, and a minute', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cluster-tokens-'));
  using database = new Database(folder);
  const store = new Store(database);
  store.put(KEY, ACCOUNT);
  let nowMs = 1_000_000;
  const tokens = new ServiceAccountTokens(newSigningKey(), store, () => nowMs);
  const { token, expiresAtMs } = tokens.issue({ account: ACCOUNT, audiences: [], expirationSeconds: 600 });
  assert.equal(expiresAtMs, 1_600_000);
  assert.equal(tokens.userOf(token, [])?.name, 'system:serviceaccount:a:robot');
  nowMs = expiresAtMs + 60_000;
  assert.notEqual(tokens.userOf(token, []), undefined);
  nowMs += 1;
  assert.equal(tokens.userOf(token, []), undefined);
  rmSync(folder, { recursive: true });
});

suite('service accounts over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const whoAmI = async (token: string): Promise<Loose> =>
    (await server.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, undefined, token)).body;
  const tokenFor = (name: string, spec: object = {}) => server.call('POST', `${accounts}/${name}/token`, { spec });
  async function account(name: string): Promise<void> {
    await server.call('POST', accounts, { metadata: { name } });
  }

  test('a token says whose it is', async () => {
    await account('plain');
    const { code, body } = await tokenFor('plain');
    assert.equal(code, 201);
    assert.equal(body.kind, 'TokenRequest');
    assert.deepEqual(body.spec, { audiences: [ISSUER], expirationSeconds: 3600, boundObjectRef: null });
    const { userInfo } = (await whoAmI(body.status.token)).status;
    assert.equal(userInfo.username, 'system:serviceaccount:default:plain');
    const groups = ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'];
    assert.deepEqual(userInfo.groups, groups);
    const claims = JSON.parse(Buffer.from(body.status.token.split('.')[1], 'base64url').toString());
    assert.equal(claims.sub, userInfo.username);
    assert.equal(claims.exp - claims.iat, 3600);
    assert.equal(claims['kubernetes.io'].serviceaccount.uid, userInfo.uid);
  });

  test('goes on counting after a restart', async () => {
    await account('lasting');
    const { token } = (await tokenFor('lasting')).body.status;
    await server.restart();
    assert.equal((await whoAmI(token)).status.userInfo.username, 'system:serviceaccount:default:lasting');
  });

  test('ends with its account, even when another one of that name comes', async () => {
    await account('gone');
    const { token } = (await tokenFor('gone')).body.status;
    await server.call('DELETE', `${accounts}/gone`);
    assert.equal((await whoAmI(token)).code, 401);
    await account('gone');
    assert.equal((await whoAmI(token)).code, 401);
  });

  test('ends with the pod it is bound to', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    const uid = (await server.call('POST', pods, pod('bound'))).body.metadata.uid;
    const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'bound', uid };
    const { token } = (await tokenFor('default', { boundObjectRef })).body.status;
    const { extra } = (await whoAmI(token)).status.userInfo;
    assert.deepEqual(extra['authentication.kubernetes.io/pod-name'], ['bound']);
    await server.call('DELETE', `${pods}/bound?gracePeriodSeconds=0`);
    assert.equal((await whoAmI(token)).code, 401);
    assert.equal((await tokenFor('default', { boundObjectRef })).code, 404);
  });

  test('is bound to no pod of another account', async () => {
    await account('other');
    await server.call('POST', '/api/v1/namespaces/default/pods', pod('others'));
    const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'others' };
    const { code, body } = await tokenFor('other', { boundObjectRef });
    assert.equal(code, 400);
    assert.match(body.message, /cannot bind token for serviceaccount "other" to pod running with different/);
  });

  test('for somebody else is none for the API server', async () => {
    await account('foreign');
    const { token } = (await tokenFor('foreign', { audiences: ['vault'] })).body.status;
    assert.equal((await whoAmI(token)).code, 401);
    const review = async (spec: object): Promise<Loose> =>
      (await server.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec })).body.status;
    const status = await review({ token, audiences: ['vault'] });
    assert.equal(status.authenticated, true);
    assert.equal(status.user.username, 'system:serviceaccount:default:foreign');
    assert.equal((await review({ token })).authenticated, undefined);
  });

  test('lasts ten minutes at least', async () => {
    const { code, body } = await tokenFor('default', { expirationSeconds: 599 });
    assert.equal(code, 422);
    assert.equal(
      body.message,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    );
  });

  test('each namespace says whom to trust, and keeps saying it', async () => {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'trusting' } });
    const path = '/api/v1/namespaces/trusting/configmaps/kube-root-ca.crt';
    const { body } = await server.get(path);
    assert.equal(body.data['ca.crt'], server.certificate.cert);
    await server.call('DELETE', path);
    assert.equal((await server.get(path)).body.data['ca.crt'], server.certificate.cert);
    await server.call('DELETE', '/api/v1/namespaces/trusting');
    assert.equal((await server.get(path)).code, 404);
  });
});
