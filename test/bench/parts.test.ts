import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorList } from './cores.ts';
import { quantity, text } from './report.ts';
import { chosenParts, PART_NAMES } from './sections.ts';

test('the parts that are asked for run in the order of the bench; else all do', () => {
  assert.deepEqual(chosenParts('held, throughput'), ['throughput', 'held']);
  assert.deepEqual(chosenParts(undefined), PART_NAMES);
});

test('a part that there is not is an error that names those there are', () => {
  assert.throws(() => chosenParts('speed'), /no part speed; there are cold-start, burst, throughput/);
});

test('the processors that a process may use are read as the system lists them', () => {
  assert.deepEqual(processorList('0-2,5'), [0, 1, 2, 5]);
  assert.deepEqual(processorList(''), []);
});

test('figures have as many digits as tell something', () => {
  assert.deepEqual(
    [quantity(0.08714, 'ms'), quantity(13.24, 'MiB'), quantity(24_512.4, '/s')],
    ['0.087 ms', '13.2 MiB', '24512 /s'],
  );
});

test('the report says what was not measured, and of each bar whether it holds', () => {
  const machine = { processors: 2, node: 'v26.10.0', pinned: true, loadBefore: 0.1 };
  const bar = { what: 'speed', figure: 5, baseline: 10, unit: '/s', ratio: 0.5, bar: '>= 0.45' } as const;
  const measured = {
    title: 'Speed',
    columns: [],
    rows: [],
    bars: [{ ...bar, verdict: 'yes' as const }],
    notes: [],
    figures: {},
  };
  const printed = text({
    machine,
    sections: { a: measured, b: { title: 'flood', notMeasured: 'wrk is not installed' } },
  });
  assert.match(printed, /not measured: wrk is not installed/);
  assert.match(printed, /speed +5\.000 \/s +10\.0 \/s +0\.50 +>= 0\.45 +yes/);
});
