import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addReading, increase, newSeries, type Series } from './counter-series.ts';

const readings = (first: number, ...rest: [atMs: number, raw: number][]): Series =>
  rest.reduce((series, [atMs, raw]) => addReading(series, atMs, raw), newSeries(0, first));

test('the increase is what the counter grew by, whatever it began with', () => {
  assert.equal(increase(readings(100, [1000, 103]), 0, 1000), 3);
});

test('within two readings it grew evenly', () => {
  assert.equal(increase(readings(0, [1000, 10]), 500, 1000), 5);
});

test('after the last reading it did not grow', () => {
  assert.equal(increase(readings(0, [1000, 10]), 1000, 5000), 0);
});

test('a counter that began again at zero counts from zero', () => {
  assert.equal(increase(readings(50, [1000, 60], [2000, 4]), 0, 2000), 14);
});

test('a quiet time takes two points, however long', () => {
  const quiet = Array.from({ length: 100 }, (_, index): [number, number] => [(index + 1) * 1000, 7]);
  const series = addReading(readings(7, ...quiet), 101_000, 9);
  assert.ok(series.points.length <= 4);
  assert.equal(increase(series, 0, 100_000), 0);
  assert.equal(increase(series, 100_000, 101_000), 2);
});

test('hours of readings stay few, and the recent ones exact', () => {
  const busy = Array.from({ length: 4000 }, (_, index): [number, number] => [(index + 1) * 1000, index + 1]);
  const series = readings(0, ...busy);
  assert.ok(series.points.length <= 241);
  assert.equal(increase(series, 3_994_000, 4_000_000), 6);
  assert.ok(Math.abs(increase(series, 400_000, 4_000_000) - 3_600) < 10);
});
