import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanDuration } from '#platform/time/age.ts';
import { customPrinter } from './custom.ts';
import { parseJsonPath, valuesAt } from './json-path.ts';
import { POD } from './pod.ts';

test('ages are short, and exact where it matters', () => {
  const printed = [-5, -1, 0, 119, 120, 305, 700, 10_800, 12_240, 200_000, 700_000, 70_000_000].map(humanDuration);
  const expected = ['<invalid>', '0s', '0s', '119s', '2m', '5m5s', '11m', '3h', '3h24m', '2d7h', '8d', '2y80d'];
  assert.deepEqual(printed, expected);
});

test('a path finds its way through lists and odd names', () => {
  const object = { a: [{ type: 'Ready', status: 'True' }, { type: 'Other' }], 'x.y': { z: 1 } };
  assert.deepEqual(valuesAt(parseJsonPath('.a[?(@.type=="Ready")].status'), object), ['True']);
  assert.deepEqual(valuesAt(parseJsonPath('.a[*].type'), object), ['Ready', 'Other']);
  assert.deepEqual(valuesAt(parseJsonPath('.a[-1].type'), object), ['Other']);
  assert.deepEqual(valuesAt(parseJsonPath(".['x.y'].z"), object), [1]);
  assert.deepEqual(valuesAt(parseJsonPath('.x\\.y.z'), object), [1]);
  assert.deepEqual(valuesAt(parseJsonPath('.nothing.here'), object), []);
});

test('a custom column shows nothing for a value of another type', () => {
  const printer = customPrinter([
    { name: 'Count', type: 'integer', jsonPath: '.spec.count' },
    { name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ]);
  const metadata = { name: 'n', creationTimestamp: '2026-01-01T00:00:00Z' };
  const nowMs = Date.parse('2026-01-01T00:00:30Z');
  assert.deepEqual(printer.cells({ apiVersion: 'v1', kind: 'K', metadata, spec: { count: 3 } }, nowMs), [
    'n',
    3,
    '30s',
  ]);
  assert.deepEqual(printer.cells({ apiVersion: 'v1', kind: 'K', metadata, spec: { count: 'x' } }, nowMs), [
    'n',
    null,
    '30s',
  ]);
});

const NOW = Date.parse('2026-01-01T00:01:00Z');

function podCells(status: object, metadata: object = {}) {
  const spec = { containers: [{ name: 'main' }] };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, spec, status };
  return POD.cells(object, NOW).slice(1, 4);
}

test('a pod shows how it stands', () => {
  const running = { name: 'main', ready: true, restartCount: 0, state: { running: {} } };
  assert.deepEqual(podCells({ phase: 'Pending' }), ['0/1', 'Pending', '0']);
  assert.deepEqual(podCells({ phase: 'Running', containerStatuses: [running] }), ['1/1', 'Running', '0']);
});

test('a pod shows why it does not run, and when it last did', () => {
  const crashed = {
    name: 'main',
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { finishedAt: '2026-01-01T00:00:18Z' } },
  };
  const status = { phase: 'Running', containerStatuses: [crashed] };
  assert.deepEqual(podCells(status), ['0/1', 'CrashLoopBackOff', '3 (42s ago)']);
});

test('a pod that is being deleted shows just that', () => {
  const marked = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  assert.deepEqual(podCells({ phase: 'Running' }, marked), ['0/1', 'Terminating', '0']);
});

test('a pod shows how far its initialization is', () => {
  const waiting = { name: 'init', restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } };
  assert.deepEqual(podCells({ phase: 'Pending', initContainerStatuses: [waiting] }), ['0/1', 'Init:0/0', '0']);
});
