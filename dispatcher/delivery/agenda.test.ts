import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agenda } from './agenda.ts';

const ten = () => ({ namespace: 'one', maxConcurrency: 10 });
const a = { uid: 'a', namespace: 'one' };
const uids = (agenda: Agenda, nowMs: number) => agenda.asking(nowMs, ten).map(({ uid }) => uid);

test('a function is asked for once it was woken, until it was asked for', () => {
  const agenda = new Agenda();
  assert.deepEqual(uids(agenda, 0), []);
  agenda.wake('a');
  assert.deepEqual(uids(agenda, 0), ['a']);
  agenda.asked(['a']);
  assert.deepEqual(uids(agenda, 0), []);
});

test('what wakes it while it is asked for is not lost', () => {
  const agenda = new Agenda();
  agenda.wake('a');
  agenda.asked(['a']);
  agenda.wake('a');
  agenda.wakeAt('a', 5_000);
  assert.deepEqual(uids(agenda, 0), ['a']);
});

test('the earliest time counts', () => {
  const agenda = new Agenda();
  agenda.wakeAt('a', 300);
  agenda.wakeAt('a', 200);
  agenda.wakeAt('a', 400);
  agenda.wakeAt('b', 250);
  assert.equal(agenda.nextMs, 200);
  assert.deepEqual(uids(agenda, 199), []);
  assert.deepEqual(uids(agenda, 200), ['a']);
  assert.equal(agenda.nextMs, 250);
  assert.deepEqual(uids(agenda, 300), ['a', 'b']);
  assert.equal(agenda.nextMs, undefined);
});

test('what is under way counts against the room', () => {
  const agenda = new Agenda();
  agenda.begun(a, 0);
  agenda.begun(a, 0);
  agenda.ended(a);
  agenda.wake('a');
  assert.equal(agenda.asking(0, ten)[0]?.running, 1);
});

test('what is under way of others in its namespace is told, and of other namespaces is not', () => {
  const agenda = new Agenda();
  agenda.begun(a, 0);
  agenda.begun({ uid: 'b', namespace: 'one' }, 0);
  agenda.begun({ uid: 'c', namespace: 'two' }, 0);
  agenda.wake('a');
  assert.equal(agenda.asking(0, ten)[0]?.runningInNamespace, 2);
  agenda.ended({ uid: 'b', namespace: 'one' });
  agenda.ended(a);
  assert.equal(agenda.asking(0, ten)[0]?.runningInNamespace, 0);
});

test('a function that had no room is asked for again after its pause, by one probe', () => {
  const agenda = new Agenda();
  agenda.failed('a', { begunAtMs: 0, nowMs: 0 });
  agenda.wake('a');
  assert.deepEqual(uids(agenda, 0), []);
  assert.equal(agenda.nextMs, 1_000);
  assert.equal(agenda.asking(1_000, ten)[0]?.allowed, 1);
  agenda.begun(a, 1_000);
  assert.deepEqual(uids(agenda, 1_500), []);
  assert.equal(agenda.nextMs, 2_000);
});

test('what was begun and does not come to the function was no probe: the next one may be it at once', () => {
  const agenda = new Agenda();
  agenda.failed('a', { begunAtMs: 0, nowMs: 0 });
  agenda.wake('a');
  const unprobed = agenda.begun(a, 1_000);
  assert.deepEqual(uids(agenda, 1_000), []);
  unprobed();
  agenda.ended(a);
  assert.equal(agenda.asking(1_000, ten)[0]?.allowed, 1);
});

test('that a probe was none says nothing once the function has failed or succeeded by another one', () => {
  for (const since of ['failed', 'succeeded'] as const) {
    const agenda = new Agenda();
    agenda.failed('a', { begunAtMs: 0, nowMs: 0 });
    const unprobed = agenda.begun(a, 1_000);
    if (since === 'failed') agenda.failed('a', { begunAtMs: 500, nowMs: 1_100 });
    else agenda.succeeded('a');
    unprobed();
    agenda.wake('a');
    assert.deepEqual(uids(agenda, 1_200), since === 'failed' ? [] : ['a']);
  }
});

test('once it has begun with something it is asked for as ever', () => {
  const agenda = new Agenda();
  agenda.failed('a', { begunAtMs: 0, nowMs: 0 });
  agenda.wake('a');
  assert.deepEqual(uids(agenda, 0), []);
  agenda.succeeded('a');
  assert.equal(agenda.asking(0, ten)[0]?.allowed, Number.POSITIVE_INFINITY);
});

test('a function whose policy is not known is looked at again later', () => {
  const agenda = new Agenda();
  agenda.wake('a');
  assert.deepEqual(
    agenda.asking(0, () => undefined),
    [],
  );
  assert.equal(agenda.nextMs, 1_000);
  assert.deepEqual(uids(agenda, 1_000), ['a']);
});

test('a function that has nothing open any more is forgotten', () => {
  const agenda = new Agenda();
  agenda.failed('a', { begunAtMs: 0, nowMs: 0 });
  agenda.wakeAt('b', 10);
  agenda.keepOnly(new Set());
  assert.deepEqual(uids(agenda, 10), []);
  agenda.wake('a');
  assert.deepEqual(uids(agenda, 10), ['a']);
});
