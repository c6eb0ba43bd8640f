import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atLeast, atMost, within } from './bar.ts';

const over = (figure: number, baseline: number) => ({ figure, baseline, unit: '/s' });

test('a ratio that has to be reached holds, is accepted below, and fails below that', () => {
  const verdicts = [50, 46, 44].map((figure) => atLeast('speed', over(figure, 100), 0.5, 0.45).verdict);
  assert.deepEqual(verdicts, ['yes', 'accepted', 'NO']);
});

test('a ratio that must not be passed holds up to the bar', () => {
  const verdicts = [1.5, 1.6].map((figure) => atMost('memory', over(figure, 1), 1.5).verdict);
  assert.deepEqual(verdicts, ['yes', 'NO']);
});

test('without a positive baseline nothing can be said', () => {
  const bar = atMost('added latency', over(0.1, -0.02), 2.5);
  assert.equal(bar.verdict, 'unclear');
  assert.equal(bar.ratio, undefined);
});

test("a ratio of its own goes before the figures' own", () => {
  assert.equal(atLeast('speed', { ...over(1, 100), ratio: 0.6 }, 0.5).verdict, 'yes');
});

test('a figure may have a limit by itself', () => {
  const bar = within('a change arrives', { figure: 12, unit: 'ms' }, 50);
  assert.deepEqual([bar.verdict, bar.baseline, bar.ratio, bar.bar], ['yes', undefined, undefined, '<= 50.0']);
});
