import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TestClock } from '#platform/testing/test-clock.ts';
import { type Entry, EntrySender } from './entry-sender.ts';

interface Sent {
  names: string[];
  answer(text: string): void;
  fail(): void;
}

function scene() {
  const clock = new TestClock();
  const sent: Sent[] = [];
  const outcomes = new Map<string, string>();
  const dispatcher = {
    keep(frames: readonly Uint8Array[]) {
      const { promise, resolve, reject } = Promise.withResolvers<{ bytes: Buffer }>();
      sent.push({
        names: frames.map((frame) => Buffer.from(frame).toString()),
        answer: (text) => resolve({ bytes: Buffer.from(text) }),
        fail: () => reject(new Error('lost')),
      });
      return promise;
    },
  };
  const sender = new EntrySender({ dispatcher, clock, random: () => 1 });
  const entry = (name: string): Entry => ({
    uid: name,
    bytes: name.length,
    parts: [Buffer.from(name)],
    settled: (outcome) => outcomes.set(name, 'code' in outcome ? outcome.code : outcome.outcome),
    crash: () => undefined,
  });
  return { clock, sent, outcomes, sender, entry };
}
const accepted = (count: number) => JSON.stringify(new Array(count).fill({ outcome: 'accepted' }));

test('three batches are on their way at once; what comes meanwhile is the next one', async () => {
  const { sent, outcomes, sender, entry } = scene();
  for (const name of 'abcdef') sender.add(entry(name));
  assert.deepEqual(
    sent.map(({ names }) => names.join('')),
    ['a', 'b', 'c'],
  );
  sent[1]?.answer(accepted(1));
  await nextTurn();
  assert.deepEqual([outcomes.get('b'), sent[3]?.names.join(''), sent.length], ['accepted', 'def', 4]);
});

test('without an answer nothing is sent for a while, then one batch at a time until there is one', async () => {
  const { clock, sent, outcomes, sender, entry } = scene();
  sender.add(entry('a'));
  sent[0]?.fail();
  await nextTurn();
  assert.equal(outcomes.get('a'), 'AsyncUnavailable');
  for (const name of 'bcd') sender.add(entry(name));
  clock.advance(99);
  assert.equal(sent.length, 1);
  clock.advance(1);
  assert.deepEqual(sent[1]?.names, ['b', 'c', 'd']);
  sender.add(entry('e'));
  assert.equal(sent.length, 2);
  sent[1]?.fail();
  await nextTurn();
  clock.advance(199);
  assert.equal(sent.length, 2);
  clock.advance(1);
  assert.deepEqual(sent[2]?.names, ['e']);
  sent[2]?.answer(accepted(1));
  await nextTurn();
  for (const name of 'fgh') sender.add(entry(name));
  assert.equal(sent.length, 6);
});

test('batches that fail together are one pause', async () => {
  const { clock, sent, sender, entry } = scene();
  for (const name of 'abc') sender.add(entry(name));
  for (const one of sent) one.fail();
  await nextTurn();
  sender.add(entry('d'));
  clock.advance(100);
  assert.equal(sent.length, 4);
  assert.equal(clock.pending, 0);
});

test('what is removed is not sent, and what is on its way cannot be', () => {
  const { sent, sender, entry } = scene();
  const [first, waits] = [entry('a'), entry('e')];
  sender.add(first);
  for (const name of 'bc') sender.add(entry(name));
  sender.add(waits);
  assert.deepEqual([sender.remove(first), sender.remove(waits), sender.waiting, sent.length], [false, true, 0, 3]);
});

test('one that throws at its outcome ends alone', async () => {
  const { sent, outcomes, sender, entry } = scene();
  for (const name of 'abc') sender.add(entry(name));
  let crashed: unknown;
  const throws = {
    ...entry('d'),
    settled() {
      throw new Error('for a test');
    },
    crash: (error: unknown) => {
      crashed = error;
    },
  };
  sender.add(throws);
  sender.add(entry('e'));
  sent[0]?.answer(accepted(1));
  await nextTurn();
  sent[3]?.answer(accepted(2));
  await nextTurn();
  assert.match(String(crashed), /for a test/);
  assert.equal(outcomes.get('e'), 'accepted');
});
