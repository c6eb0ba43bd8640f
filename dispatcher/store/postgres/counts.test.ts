import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counts } from './counts.ts';

const OWNER = { uid: 'u', namespace: 'one', name: 'hello' };
const NONE = { waiting: 0, leased: 0, done: 0, buried: 0, cancelled: 0, openBytes: 0, keptBytes: 0, buriedBytes: 0 };

test('what a transaction changes is seen by it beside what was there', () => {
  const counts = new Counts();
  assert.deepEqual(counts.unread(['u', 'u', 'v']), ['u', 'v']);
  counts.learn('u', { ...NONE, waiting: 2, openBytes: 20 });
  counts.learnNamespace('one', { entries: 5, bytes: 50 });
  counts.accept(OWNER, 7);
  counts.move(OWNER, { from: { state: 'waiting', bytes: 10 }, to: { state: 'leased', bytes: 10 } });
  counts.move(OWNER, { from: { state: 'leased', bytes: 10 }, to: { state: 'done', bytes: 3 } });
  assert.deepEqual(counts.of('u'), { ...NONE, waiting: 2, done: 1, openBytes: 17, keptBytes: 3 });
  assert.deepEqual(counts.openIn('one'), { entries: 5, bytes: 47 });
  assert.deepEqual(counts.unread(['u']), []);
});

test('an entry counts once as accepted and once as what it came to, and a redrive takes the burial back', () => {
  const counts = new Counts();
  for (let n = 0; n < 3; n += 1) counts.accept(OWNER, 1);
  const open = { state: 'waiting', bytes: 1 } as const;
  counts.move(OWNER, { from: open, to: { state: 'buried', bytes: 4 } });
  counts.redrive(OWNER, { from: 4, to: 1 });
  counts.move(OWNER, { from: open, to: { state: 'done', bytes: 0 } });
  counts.move(OWNER, { from: { state: 'done', bytes: 0 } });
  counts.move(OWNER, { from: open });
  const { totals, functions } = counts.changes();
  assert.deepEqual(totals, { accepted: 3, done: 1, buried: 0, cancelled: 1, redriven: 1 });
  assert.deepEqual(functions, [{ owner: OWNER, ...NONE, waiting: 1, openBytes: 1 }]);
});

test('a function of which nothing is left to say is not written', () => {
  const counts = new Counts();
  counts.accept(OWNER, 1);
  counts.move(OWNER, { from: { state: 'waiting', bytes: 1 } });
  assert.deepEqual(counts.changes().functions, []);
  assert.deepEqual(counts.changes().namespaces, []);
});
