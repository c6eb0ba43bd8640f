/** What is known of a container, in the form its status has. Pure. */
import { imageId } from './images.ts';
import type { Container } from './pod-context.ts';
import type { ContainerState, ContainerStatus } from './pod-status.ts';

export type Terminated = NonNullable<ContainerState['terminated']>;

export interface ContainerRecord {
  state: ContainerState;
  last: Terminated | undefined;
  /** Counts the runs before the present one. */
  restarts: number;
  ready: boolean;
  started: boolean;
  /** Of the present or latest run; undefined before the first. */
  containerId: string | undefined;
}

export const WAITING: ContainerRecord = {
  state: { waiting: { reason: 'ContainerCreating' } },
  last: undefined,
  restarts: 0,
  ready: false,
  started: false,
  containerId: undefined,
};

export function waiting(record: ContainerRecord, reason: string, message: string): ContainerRecord {
  return { ...record, state: { waiting: { reason, message } }, ready: false, started: false };
}

export function running(record: ContainerRecord, containerId: string, startedAt: string): ContainerRecord {
  const kept = record.state.terminated ?? record.last;
  return { ...record, state: { running: { startedAt } }, containerId, last: kept, ready: false, started: false };
}

export function terminated(record: ContainerRecord, end: Omit<Terminated, 'containerID'>): ContainerRecord {
  const { containerId } = record;
  const state = { terminated: { ...end, ...(containerId === undefined ? {} : { containerID: containerId }) } };
  return { ...record, state, ready: false, started: false };
}

/** Waits to be started again; what it ended with becomes its last state. */
export function backingOff(record: ContainerRecord, message: string): ContainerRecord {
  const last = record.state.terminated ?? record.last;
  return { ...waiting(record, 'CrashLoopBackOff', message), last };
}

export function statusOf(spec: Container, record: ContainerRecord): ContainerStatus {
  const { state, last, restarts, ready, started, containerId } = record;
  return {
    name: spec.name,
    image: spec.image ?? '',
    imageID: containerId === undefined ? '' : imageId(spec.image ?? ''),
    ...(containerId === undefined ? {} : { containerID: containerId }),
    state,
    lastState: last === undefined ? {} : { terminated: last },
    restartCount: restarts,
    ready,
    started,
  };
}
