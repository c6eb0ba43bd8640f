import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../kube/resources.ts';
import { containerStates, keepForLogs } from './container-states.ts';

const pod = (status: object): Pod => ({ metadata: { name: 'p', namespace: 'n' }, status }) as Pod;
const statesOf = (status: object) => Object.fromEntries(containerStates(keepForLogs(pod(status))));

test('a container has a log from its first run on, and which run it is of', () => {
  const containerStatuses = [
    { name: 'creating', restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
    { name: 'runs', restartCount: 2, state: { running: {} }, lastState: { terminated: { exitCode: 1 } } },
    { name: 'ended', restartCount: 0, state: { terminated: { exitCode: 0 } } },
    {
      name: 'waits',
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1 } },
    },
  ];
  assert.deepEqual(statesOf({ containerStatuses }), {
    creating: { run: 0, phase: 'none' },
    runs: { run: 2, phase: 'running' },
    ended: { run: 0, phase: 'ended' },
    waits: { run: 3, phase: 'ended' },
  });
});

test('of init containers those that failed count', () => {
  const initContainerStatuses = [
    { name: 'good', restartCount: 0, state: { terminated: { exitCode: 0 } } },
    { name: 'bad', restartCount: 0, state: { terminated: { exitCode: 7 } } },
  ];
  assert.deepEqual(statesOf({ initContainerStatuses }), { bad: { run: 0, phase: 'ended' } });
  assert.deepEqual(statesOf({}), {});
});
