import { ageOf } from '#platform/time/age.ts';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, isFields, listOf, numberOf, textOf } from '../resources/fields.ts';
import type { Printer } from '../resources/resource.ts';
import { AGE, column, createdAge, NAME, nameOf } from './basic.ts';

export const POD: Printer = {
  columns: [
    NAME,
    column('Ready', 'Containers that are ready, of all there are.'),
    column('Status', 'How the pod stands, or why it does not run.'),
    column('Restarts', 'How often containers were started again, and when one last ended.'),
    AGE,
    column('IP', 'Address of the pod.', { wide: true }),
    column('Node', 'Where it runs.', { wide: true }),
    column('Nominated Node', 'Where it is to run once there is room.', { wide: true }),
    column('Readiness Gates', 'Further conditions that are true, of all that are asked for.', { wide: true }),
  ],
  cells(pod, nowMs) {
    const { ready, total, reason, restarts, lastEnd } = summaryOf(pod);
    const ago = restarts > 0 && lastEnd !== '' ? ` (${ageOf(lastEnd, nowMs)} ago)` : '';
    const status = fieldsOf(pod, 'status');
    const [address] = listOf(status, 'podIPs');
    return [
      nameOf(pod),
      `${ready}/${total}`,
      reason,
      `${restarts}${ago}`,
      createdAge(pod, nowMs),
      textOf(address, 'ip') || '<none>',
      textOf(fieldsOf(pod, 'spec'), 'nodeName') || '<none>',
      textOf(status, 'nominatedNodeName') || '<none>',
      gatesOf(pod),
    ];
  },
};

interface Summary {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  /** RFC 3339 time at which a container last ended; empty: none did. */
  lastEnd: string;
}

function summaryOf(pod: Fields): Summary {
  const spec = fieldsOf(pod, 'spec');
  const status = fieldsOf(pod, 'status');
  const sidecars = new Set(
    listOf(spec, 'initContainers')
      .filter((container) => container.restartPolicy === 'Always')
      .map((container) => textOf(container, 'name')),
  );
  const init = initSummary(spec, status, sidecars);
  const total = listOf(spec, 'containers').length + sidecars.size;
  const initialized = hasCondition(status, 'Initialized');
  const running =
    init.reason === undefined || initialized
      ? mainSummary(status, textOf(status, 'reason') || textOf(status, 'phase'))
      : undefined;
  const shown = running === undefined ? init : { ...running, ready: running.ready + init.ready };
  return {
    ready: shown.ready,
    total,
    reason: finalReason(pod, shown.reason ?? textOf(status, 'phase')),
    restarts: shown.restarts + (running === undefined ? 0 : init.sidecarRestarts),
    lastEnd: shown.lastEnd,
  };
}

function finalReason(pod: Fields, reason: string): string {
  const { metadata } = pod as { metadata: Fields };
  const status = fieldsOf(pod, 'status');
  if (metadata.deletionTimestamp === undefined) return reason;
  if (textOf(status, 'reason') === 'NodeLost') return 'Unknown';
  return ['Failed', 'Succeeded'].includes(textOf(status, 'phase')) ? reason : 'Terminating';
}

function initSummary(spec: Fields, status: Fields, sidecars: ReadonlySet<string>) {
  const statuses = listOf(status, 'initContainerStatuses');
  let ready = 0;
  let sidecarRestarts = 0;
  for (const [index, container] of statuses.entries()) {
    const isSidecar = sidecars.has(textOf(container, 'name'));
    if (isSidecar) sidecarRestarts += numberOf(container, 'restartCount');
    if (isSidecar && container.started === true) {
      if (container.ready === true) ready += 1;
      continue;
    }
    const reason = initReason(container, index, listOf(spec, 'initContainers').length);
    if (reason === undefined) continue;
    const seen = statuses.slice(0, index + 1);
    return { ready, sidecarRestarts, reason, restarts: restartsOf(seen), lastEnd: lastEndOf(seen) };
  }
  return { ready, sidecarRestarts, reason: undefined, restarts: 0, lastEnd: '' };
}

/** Why initialization is not over because of this container; `undefined`: it is done. */
function initReason(container: Fields, index: number, count: number): string | undefined {
  const state = fieldsOf(container, 'state');
  const terminated = state.terminated;
  if (isFields(terminated)) {
    return numberOf(terminated, 'exitCode') === 0 ? undefined : `Init:${endReason(terminated)}`;
  }
  const waiting = textOf(fieldsOf(state, 'waiting'), 'reason');
  return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${count}`;
}

function endReason(terminated: Fields): string {
  const signal = numberOf(terminated, 'signal');
  return (
    textOf(terminated, 'reason') || (signal === 0 ? `ExitCode:${numberOf(terminated, 'exitCode')}` : `Signal:${signal}`)
  );
}

function mainSummary(status: Fields, phase: string) {
  const statuses = listOf(status, 'containerStatuses');
  let reason = phase;
  let failure = '';
  let ready = 0;
  for (const container of statuses.toReversed()) {
    const state = fieldsOf(container, 'state');
    const waiting = textOf(fieldsOf(state, 'waiting'), 'reason');
    const { terminated } = state;
    if (waiting !== '') reason = waiting;
    else if (isFields(terminated)) {
      reason = endReason(terminated);
      if (numberOf(terminated, 'exitCode') !== 0) failure = reason;
    } else if (container.ready === true && isFields(state.running)) ready += 1;
  }
  if (reason === 'Completed') reason = completedReason(status, ready > 0, failure);
  return { ready, reason, restarts: restartsOf(statuses), lastEnd: lastEndOf(statuses) };
}

/** One container is done; the pod is what the others are. */
function completedReason(status: Fields, running: boolean, failure: string): string {
  if (running && hasCondition(status, 'Ready')) return 'Running';
  if (failure !== '') return failure;
  return running ? 'NotReady' : 'Completed';
}

function restartsOf(statuses: readonly Fields[]): number {
  return statuses.reduce((sum, container) => sum + numberOf(container, 'restartCount'), 0);
}

function lastEndOf(statuses: readonly Fields[]): string {
  const ends = statuses.map((container) =>
    textOf(fieldsOf(fieldsOf(container, 'lastState'), 'terminated'), 'finishedAt'),
  );
  return ends.sort().at(-1) ?? '';
}

function hasCondition(status: Fields, type: string): boolean {
  return listOf(status, 'conditions').some((condition) => condition.type === type && condition.status === 'True');
}

function gatesOf(pod: Fields): string {
  const gates = listOf(fieldsOf(pod, 'spec'), 'readinessGates');
  const status = fieldsOf(pod, 'status');
  const open = gates.filter((gate) => hasCondition(status, textOf(gate, 'conditionType')));
  return gates.length === 0 ? '<none>' : `${open.length}/${gates.length}`;
}
