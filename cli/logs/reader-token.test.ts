import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '#platform/kube/error.ts';
import { NoKeeper } from './kept-lines.ts';
import { readerToken } from './reader-token.ts';

const { signal } = new AbortController();
const of = { namespace: 'catnap-system', name: undefined };
const answering = (answer: () => object) => ({ create: async () => answer() as never });
const refusing = (status: number) =>
  answering(() => {
    throw new KubeError(status, 'x', 'refused');
  });

test('an administrator with a certificate has a token of ten minutes made', async () => {
  let asked: object | undefined;
  const kube = {
    create: async (_: object, wish: object) => {
      asked = wish;
      return { status: { token: 'short-lived' } } as never;
    },
  };
  assert.equal(await readerToken(kube, of, signal), 'short-lived');
  assert.deepEqual((asked as { spec: object }).spec, { expirationSeconds: 600 });
});

test('who may not have one made, or where there is no keeper, is told so', async () => {
  await assert.rejects(
    readerToken(refusing(403), of, signal),
    (error) => error instanceof NoKeeper && /has a certificate/.test(error.message),
  );
  await assert.rejects(
    readerToken(refusing(404), of, signal),
    (error) => error instanceof NoKeeper && /no log keeper/.test(error.message),
  );
  await assert.rejects(readerToken(refusing(500), of, signal), KubeError);
});
