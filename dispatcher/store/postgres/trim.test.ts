import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Ended, trim } from './trim.ts';

const ended = (seq: number, expires_at: number, bytes = 1): Ended => ({ seq, expires_at, bytes });
const seqs = (entries: readonly Ended[] | undefined) => entries?.map(({ seq }) => seq);
const two = { entries: 2, bytes: 100 };
const kept = (oldest: readonly Ended[]) => ({
  entries: oldest.length,
  bytes: oldest.reduce((sum, { bytes }) => sum + bytes, 0),
});

test('while there is room nothing goes, and nothing has to be looked at', () => {
  const ending = [ended(1, 10)];
  assert.deepEqual(trim({ kept: { entries: 1, bytes: 5 }, limits: two, oldest: [], areAll: false, ending }), []);
});

test('where one has to go, those kept have to be looked at', () => {
  const ending = [ended(9, 10)];
  assert.equal(trim({ kept: { entries: 2, bytes: 5 }, limits: two, oldest: [], areAll: false, ending }), undefined);
});

test('what would be forgotten next goes first, even if it ends only now', () => {
  const oldest = [ended(1, 10), ended(2, 20)];
  const from = { kept: kept(oldest), limits: two, oldest, areAll: true };
  assert.deepEqual(seqs(trim({ ...from, ending: [ended(3, 30)] })), [1]);
  assert.deepEqual(seqs(trim({ ...from, ending: [ended(3, 5)] })), [3]);
  assert.deepEqual(seqs(trim({ ...from, ending: [ended(3, 30, 101), ended(4, 40)] })), [1, 2, 3]);
});

test('it is as if each ended alone, whatever there is and ends', () => {
  const entries = fc.array(fc.tuple(fc.nat({ max: 6 }), fc.nat({ max: 9 })), { maxLength: 8 });
  const limits = fc.record({ entries: fc.nat({ max: 5 }), bytes: fc.nat({ max: 20 }) });
  fc.assert(
    fc.property(entries, entries, limits, fc.nat({ max: 8 }), (before, after, most, looked) => {
      const make =
        (from: number) =>
        ([expires, bytes]: [number, number], at: number) =>
          ended(from + at, expires, bytes);
      const inOrder = (all: readonly Ended[]) =>
        all.toSorted((a, b) => (a.expires_at ?? 0) - (b.expires_at ?? 0) || a.seq - b.seq);
      // Only what is within the limits was kept.
      const there: Ended[] = [];
      for (const entry of inOrder(before.map(make(0)))) if (fits([...there, entry], most)) there.push(entry);
      const ending = after.map(make(100));
      let wanted = [...there];
      for (const entry of ending) {
        wanted = inOrder([...wanted, entry]);
        while (!fits(wanted, most)) wanted.shift();
      }
      const goes = trim({
        kept: kept(there),
        limits: most,
        oldest: there.slice(0, looked),
        areAll: looked >= there.length,
        ending,
      });
      if (goes === undefined) return assert.ok(looked < there.length);
      const left = inOrder([...there, ...ending]).filter((entry) => !goes.includes(entry));
      assert.deepEqual(seqs(left), seqs(wanted));
    }),
    { numRuns: 2_000 },
  );
});

function fits(all: readonly Ended[], limits: { entries: number; bytes: number }): boolean {
  return all.length <= limits.entries && kept(all).bytes <= limits.bytes;
}
