import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../testing/seeded.ts';
import { ResumePoint } from './resume-point.ts';

const at = (second: number, nanos: number) =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.${String(nanos).padStart(9, '0')}Z`;

function taken(point: ResumePoint, times: readonly string[]): string[] {
  return times.filter((time) => point.take(time));
}

/** What the API server sends of a log: lines of this second or later. */
const since = (times: readonly string[], from: string | undefined) =>
  times.filter((time) => from === undefined || `${time.slice(0, 19)}Z` >= from);

test('a log that was not read yet is read from its beginning', () => {
  const point = new ResumePoint();
  point.reopen();
  assert.equal(point.sinceTime, undefined);
  assert.equal(point.take(at(1, 0)), true);
  assert.equal(point.sinceTime, '2026-01-01T00:00:01Z');
});

test('what comes again after a cut is known, and what came meanwhile is new', () => {
  const point = new ResumePoint();
  taken(point, [at(1, 5), at(2, 1), at(2, 2)]);
  point.reopen();
  assert.deepEqual(taken(point, [at(2, 1), at(2, 2), at(2, 3), at(3, 0)]), [at(2, 3), at(3, 0)]);
});

test('lines of the same time are counted: of three the two that were read are known', () => {
  const point = new ResumePoint();
  taken(point, [at(2, 7), at(2, 7)]);
  point.reopen();
  assert.deepEqual(taken(point, [at(2, 7), at(2, 7), at(2, 7)]), [at(2, 7)]);
});

test('lines that are out of order within a second are neither lost nor doubled', () => {
  const point = new ResumePoint();
  taken(point, [at(2, 7), at(2, 5)]);
  point.reopen();
  assert.deepEqual(taken(point, [at(2, 7), at(2, 5), at(2, 6), at(2, 8)]), [at(2, 6), at(2, 8)]);
});

test('a log whose beginning is gone goes on at what is new', () => {
  const point = new ResumePoint();
  taken(point, [at(2, 1), at(2, 2), at(2, 3)]);
  point.reopen();
  assert.deepEqual(taken(point, [at(2, 3), at(2, 4)]), [at(2, 4)]);
});

test('a second with more lines than are told apart doubles none', () => {
  const point = new ResumePoint();
  const times = Array.from({ length: 10_000 }, (_, n) => at(4, n * 1_000));
  assert.equal(taken(point, times).length, 10_000);
  point.reopen();
  assert.deepEqual(taken(point, [...times, at(4, 999_999_999)]), [at(4, 999_999_999)]);
});

test('wherever and however often a log is cut, each line is read once', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seeded(seed);
    const times = Array.from({ length: 60 }, () => at(Math.floor(random() * 3), Math.floor(random() * 4)));
    // In order of seconds, as a log is; within a second about.
    times.sort((a, b) => (a.slice(0, 19) < b.slice(0, 19) ? -1 : a.slice(0, 19) > b.slice(0, 19) ? 1 : 0));
    const point = new ResumePoint();
    const read: string[] = [];
    for (let written = 0; written < times.length; ) {
      written = Math.min(times.length, written + Math.ceil(random() * 20));
      point.reopen();
      read.push(...taken(point, since(times.slice(0, written), point.sinceTime)));
    }
    assert.deepEqual(read, times, `seed ${seed}`);
  }
});
