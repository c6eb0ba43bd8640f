import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerStatus, type PodView, podStatus } from './pod-status.ts';

const NOW = '2026-05-01T10:00:00Z';
const base = { image: 'x', imageID: '', restartCount: 0, started: true };
const running = (name: string, ready: boolean): ContainerStatus => ({
  ...base,
  name,
  ready,
  state: { running: {} },
  lastState: {},
});
const ended = (name: string, exitCode: number): ContainerStatus => ({
  ...base,
  name,
  ready: false,
  state: { terminated: { exitCode } },
  lastState: {},
});
const backingOff = (name: string): ContainerStatus => ({
  ...base,
  name,
  ready: false,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 1 } },
});
const creating = (name: string): ContainerStatus => ({
  ...base,
  name,
  ready: false,
  state: { waiting: { reason: 'ContainerCreating' } },
  lastState: {},
});

function view(containers: ContainerStatus[], more: Partial<PodView> & { restartPolicy?: string } = {}): PodView {
  const { restartPolicy = 'Always', ...rest } = more;
  const pod = { spec: { containers: [], restartPolicy } };
  const facts = { podIP: '127.1.0.9', hostIP: '127.0.0.1', startTime: NOW, now: NOW };
  return { pod, ...facts, containers, initContainers: [], ending: false, before: [], ...rest };
}

const phase = (...args: Parameters<typeof view>) => podStatus(view(...args)).phase;
const condition = (status: ReturnType<typeof podStatus>, type: string) =>
  status.conditions?.find((c) => c.type === type);

test('the phase follows the containers and the restart policy', () => {
  assert.equal(phase([creating('a')]), 'Pending');
  assert.equal(phase([running('a', false)]), 'Running');
  assert.equal(phase([running('a', true), creating('b')]), 'Pending');
  assert.equal(phase([backingOff('a')]), 'Running');
  assert.equal(phase([ended('a', 0)], { restartPolicy: 'OnFailure' }), 'Succeeded');
  assert.equal(phase([ended('a', 1)], { restartPolicy: 'OnFailure' }), 'Running');
  assert.equal(phase([ended('a', 1)], { restartPolicy: 'Never' }), 'Failed');
});

test('a pod that was ended is over, well or not', () => {
  assert.equal(phase([ended('a', 0)], { ending: true }), 'Succeeded');
  assert.equal(phase([ended('a', 143)], { ending: true }), 'Failed');
  assert.equal(phase([running('a', true)], { ending: true }), 'Running');
});

test('init containers come first', () => {
  const status = podStatus(view([creating('a')], { initContainers: [running('setup', false)] }));
  assert.equal(status.phase, 'Pending');
  assert.equal(condition(status, 'Initialized')?.message, 'containers with incomplete status: [setup]');
  assert.equal(phase([creating('a')], { initContainers: [ended('setup', 1)], restartPolicy: 'Never' }), 'Failed');
});

test('Ready names the containers that are not', () => {
  const status = podStatus(view([running('a', true), running('b', false)]));
  assert.equal(condition(status, 'Ready')?.status, 'False');
  assert.equal(condition(status, 'Ready')?.message, 'containers with unready status: [b]');
  assert.equal(condition(podStatus(view([running('a', true)])), 'Ready')?.status, 'True');
});

test('a readiness gate that nobody opened keeps a pod from being ready', () => {
  const gated = {
    ...view([running('a', true)]),
    pod: { spec: { containers: [], readinessGates: [{ conditionType: 'x/y' }] } },
  };
  assert.equal(condition(podStatus(gated), 'Ready')?.reason, 'ReadinessGatesNotReady');
  const open = podStatus({ ...gated, before: [{ type: 'x/y', status: 'True' }] });
  assert.equal(condition(open, 'Ready')?.status, 'True');
  assert.equal(condition(open, 'x/y')?.status, 'True');
});

test('times of conditions move only with their status', () => {
  const before = [{ type: 'Ready', status: 'True', lastTransitionTime: 'then' }];
  assert.equal(condition(podStatus(view([running('a', true)], { before })), 'Ready')?.lastTransitionTime, 'then');
  assert.equal(condition(podStatus(view([running('a', false)], { before })), 'Ready')?.lastTransitionTime, NOW);
});
