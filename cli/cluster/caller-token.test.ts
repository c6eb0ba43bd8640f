import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '#platform/kube/error.ts';
import { callerToken, NoCallerToken } from './caller-token.ts';

const { signal } = new AbortController();

function asked(create: () => object, own?: string) {
  const wishes: { spec: object }[] = [];
  const kube = {
    create: async (_: object, wish: object) => {
      wishes.push(wish as { spec: object });
      return create() as never;
    },
  };
  const cluster = { kube, systemNamespace: 'catnap-system', token: async () => own };
  return { wishes, token: callerToken(cluster, 'catnap-logs-reader', signal) };
}
const refusing = (status: number) =>
  asked(() => {
    throw new KubeError(status, 'x', 'refused');
  }).token;

test('a token of the caller is used as it is', async () => {
  const { wishes, token } = asked(() => assert.fail('one was made'), 'own');
  assert.equal(await token, 'own');
  assert.deepEqual(wishes, []);
});

test('an administrator with a certificate has a token of ten minutes made', async () => {
  const { wishes, token } = asked(() => ({ status: { token: 'short-lived' } }));
  assert.equal(await token, 'short-lived');
  assert.deepEqual(wishes[0]?.spec, { expirationSeconds: 600 });
});

test('who may not have one made is told so, and where there is no such account', async () => {
  const refusedAs = (isAbsent: boolean, message: RegExp) => (error: unknown) =>
    error instanceof NoCallerToken && error.isAbsent === isAbsent && message.test(error.message);
  await assert.rejects(refusing(403), refusedAs(false, /has a certificate/));
  await assert.rejects(refusing(404), refusedAs(true, /no account catnap-system\/catnap-logs-reader/));
  await assert.rejects(refusing(500), KubeError);
});
