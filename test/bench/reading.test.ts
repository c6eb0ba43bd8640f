import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparedRates, overNginx, overUndici, type Reading } from './reading.ts';

const aReading = (requestsPerSecond: number, busy: number): Reading => ({
  requestsPerSecond,
  busy,
  mibPerSecond: 0,
  p50Ms: 1,
  p99Ms: 2,
  errors: 0,
});

test('on a quiet machine rates are compared as they were measured', () => {
  const measured = comparedRates([aReading(20_000, 1)], [aReading(40_000, 0.6)], 'requestsPerSecond', '');
  assert.deepEqual(measured, { figure: 20_000, baseline: 40_000, unit: '/s', ratio: 0.5, basis: 'time' });
});

test('where others had the processor, rates are compared by processor time', () => {
  const measured = comparedRates([aReading(8000, 0.6)], [aReading(8000, 0.3)], 'requestsPerSecond', '');
  assert.equal(measured.ratio, 0.5);
  assert.equal(measured.unit, '/CPU s');
  assert.equal(measured.basis, 'processor time');
});

test('by processor time a bar beside nginx may hold, but not fail', () => {
  const bar = { rate: 'requestsPerSecond', unit: '', bar: 0.5, accepted: 0.45 } as const;
  const verdicts = [8000, 7000].map(
    (perSecond) =>
      overNginx('speed', { activator: [aReading(perSecond, 0.6)], nginx: [aReading(8000, 0.3)] }, bar).verdict,
  );
  assert.deepEqual(verdicts, ['yes', 'unclear']);
});

test('what was measured on next to no processor is unclear', () => {
  const bar = { rate: 'requestsPerSecond', unit: '', bar: 0.5, accepted: 0.45 } as const;
  const readings = { activator: [aReading(8000, 0.1)], nginx: [aReading(8000, 0.3)] };
  assert.equal(overNginx('speed', readings, bar).verdict, 'unclear');
});

test('beside a proxy of undici a bar may fail by processor time, but not where both had little of it', () => {
  const bar = { rate: 'requestsPerSecond', unit: '', bar: 1, accepted: 1 } as const;
  const verdict = (perSecond: number, busy: number) =>
    overUndici('speed', { activator: [aReading(perSecond, busy)], undici: [aReading(4000, busy)] }, bar).verdict;
  assert.deepEqual([verdict(8000, 0.6), verdict(2000, 0.6), verdict(2000, 0.1)], ['yes', 'NO', 'unclear']);
});
