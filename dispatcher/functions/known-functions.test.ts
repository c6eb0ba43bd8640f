import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import type { AsyncSpec } from '#api/function-async.ts';
import { asyncPolicy } from './async-policy.ts';
import { KnownFunctions, keepFunction, toldFunction } from './known-functions.ts';

function aFunction(
  uid: string,
  async?: Partial<AsyncSpec>,
  deletionTimestamp?: string,
  timeoutSeconds = 60,
): FunctionObject {
  return {
    metadata: { uid, namespace: 'team', name: 'mail', resourceVersion: '1', generation: 3, deletionTimestamp },
    spec: { source: { inline: 'x'.repeat(1_000) }, timeoutSeconds, async },
    status: { revision: 'mail-1' },
  } as unknown as FunctionObject;
}

function scene() {
  const news: string[] = [];
  const known = new KnownFunctions({
    known: (uid) => news.push(`known ${uid}`),
    changed: (uid) => news.push(`changed ${uid}`),
    gone: ({ uid }) => news.push(`gone ${uid}`),
  });
  return { news, known };
}

const owner = (uid: string) => ({ uid, namespace: 'team', name: 'mail' });

test('of a Function nothing is kept in memory but who it is and how its work is delivered', () => {
  const kept = keepFunction(aFunction('a', { maxConcurrency: 3 }));
  const metadata = { uid: 'a', namespace: 'team', name: 'mail', resourceVersion: '1' };
  assert.deepEqual(kept, { metadata, spec: { timeoutSeconds: 60, async: { maxConcurrency: 3 } } });
  assert.deepEqual(keepFunction(aFunction('a')), { metadata, spec: { timeoutSeconds: 60 } });
});

test('of its conditions the one on stored work is kept', () => {
  const ours = { type: 'Async', status: 'True' };
  const fn = { ...aFunction('a'), status: { conditions: [{ type: 'Ready', status: 'True' }, ours] } };
  const kept = keepFunction(fn as unknown as FunctionObject);
  assert.deepEqual(kept.status, { conditions: [ours] });
  assert.deepEqual(toldFunction(kept), { ...owner('a'), resourceVersion: '1', hasAsync: false, condition: ours });
  const hasAsync = (async: Partial<AsyncSpec>) => toldFunction(keepFunction(aFunction('a', async))).hasAsync;
  assert.deepEqual([hasAsync({ mode: 'Optional' }), hasAsync({ mode: 'Never' })], [true, false]);
});

test('a Function that says nothing of it has its work delivered as the schema says, each attempt within its timeoutSeconds; one that there is not has none', () => {
  const { known } = scene();
  known.take({ type: 'added', object: aFunction('a') });
  assert.deepEqual([known.of('a'), known.of('b')], [asyncPolicy(owner('a'), { timeoutSeconds: 60 }), undefined]);
  known.take({ type: 'added', object: aFunction('endless', undefined, undefined, 0) });
  assert.deepEqual(
    known.of('endless'),
    asyncPolicy(owner('endless')),
    'without a limit: as long as stored work may take',
  );
});

test('a change counts for what waits already; where the work is no longer spoken of, it goes on as before', () => {
  const { known, news } = scene();
  const [first, second, third] = [
    aFunction('a', { maxConcurrency: 3 }),
    aFunction('a', { maxConcurrency: 5 }),
    aFunction('a'),
  ] as const;
  known.take({ type: 'added', object: first });
  known.take({ type: 'updated', object: second, before: first });
  assert.equal(known.of('a')?.maxConcurrency, 5);
  known.take({ type: 'updated', object: third, before: second });
  assert.equal(known.of('a')?.maxConcurrency, 5);
  assert.deepEqual(news, ['known a', 'changed a', 'changed a']);
});

test('one that is being deleted is gone, and told of once; a new one of its name is another', () => {
  const { known, news } = scene();
  const before = aFunction('a', { maxConcurrency: 3 });
  const leaving = aFunction('a', { maxConcurrency: 3 }, '2026-01-01T00:00:00Z');
  known.take({ type: 'added', object: before });
  known.take({ type: 'updated', object: leaving, before });
  known.take({ type: 'deleted', object: leaving });
  known.take({ type: 'added', object: aFunction('b') });
  assert.deepEqual(news, ['known a', 'gone a', 'known b']);
  assert.deepEqual(
    [known.knows('a'), known.isGone('a'), known.knows('b'), known.isGone('b')],
    [false, true, true, false],
  );
  assert.deepEqual([known.of('a'), known.of('b')?.maxConcurrency, known.size], [undefined, 10, 1]);
});

test('of those that are gone no more than ten thousand are remembered', () => {
  const { known } = scene();
  for (let i = 0; i <= 10_000; i += 1) known.take({ type: 'deleted', object: aFunction(`u${i}`) });
  assert.deepEqual([known.isGone('u0'), known.isGone('u1')], [false, true]);
});
