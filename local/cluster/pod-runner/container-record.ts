/** What is known of a container, in the form its status has. Pure. */
import { imageId } from './images.ts';
import type { Container } from './pod-context.ts';
import type { ContainerState, ContainerStatus } from './pod-status.ts';

type Terminated = NonNullable<ContainerState['terminated']>;

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

/** How a run ended; the exit code is a guess where nobody saw it (`known` is false). */
export interface RunEnd {
  code: number;
  atMs: number;
  known: boolean;
  /** Where the code does not tell enough. */
  reason?: string;
  message?: string;
}

export function ended(record: ContainerRecord, end: RunEnd, message: string | undefined): ContainerRecord {
  const { containerId, state: before } = record;
  const terminated: Terminated = {
    exitCode: end.code,
    reason: end.reason ?? (end.known ? (end.code === 0 ? 'Completed' : 'Error') : 'ContainerStatusUnknown'),
    ...(message === undefined ? {} : { message }),
    ...(before.running?.startedAt === undefined ? {} : { startedAt: before.running.startedAt }),
    finishedAt: wholeSeconds(end.atMs),
    ...(containerId === undefined ? {} : { containerID: containerId }),
  };
  return { ...record, state: { terminated }, ready: false, started: false };
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

/** The API server knows of a run that left no trace here: the machine was restarted, or the files were removed. */
export function lost(known: ContainerStatus): ContainerRecord {
  const message = 'The container could not be located when the pod was started again';
  const last = { exitCode: 137, reason: 'ContainerStatusUnknown', message };
  return { ...WAITING, restarts: (known.restartCount ?? 0) + 1, last };
}

/** RFC 3339, as times in a status are. */
export function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
