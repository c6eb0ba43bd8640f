import type { RevisionFailure } from '#api/conditions.ts';
import { messageKind } from '#api/rules/kubelet-message.ts';
import { type ContainerEnd, mountFailure, type StartFailure, startFailure } from '#api/rules/start-failure.ts';
import type { Deployment, KubeEvent, Pod } from '#platform/kube/resources.ts';
import { securityAdvice } from './security-context.ts';

/** Why a revision has no replica that answers. */
export interface Failure {
  reason: RevisionFailure;
  /** What is wrong (pod, exit code, last log lines, limit) and what to do. */
  message: string;
  /** Waiting does not help: who waits is told at once. Otherwise it may still start, e.g. when a node joins. */
  terminal: boolean;
  /** When it becomes terminal should it last, in milliseconds; absent: it is, or will never be. */
  terminalInMs?: number;
}

/** Whether it counts only once it has lasted: a busy node, or an API server that was away, mend themselves. */
export function mayPass(failure: Failure): boolean {
  return failure.terminalInMs !== undefined;
}

export interface Evidence {
  deployment: Deployment;
  /** Of the revision, none of them ready or on its way out. */
  pods: readonly Pod[];
  mountEvents: readonly KubeEvent[];
  /** Whether a replica of the revision ever answered: then one that ends is not yet a crash loop. */
  answered: boolean;
  /** By the pod's uid: for how long it has been failing for the present reason, in milliseconds; absent: since now. */
  failingForMs: ReadonlyMap<string, number>;
}

const LOG_MAX_CHARS = 1_500;
const LOG_MAX_LINES = 12;

/** The first failure that the pods, or where there is none the Deployment, tell of; a terminal one before others. */
export function revisionFailure(evidence: Evidence): Failure | undefined {
  const { deployment, pods } = evidence;
  const failures = pods.map((pod) => podFailure(pod, evidence)).filter((failure) => failure !== undefined);
  return failures.find((failure) => failure.terminal) ?? failures[0] ?? creationFailure(deployment, pods.length);
}

function podFailure(pod: Pod, { mountEvents, answered, failingForMs }: Evidence): Failure | undefined {
  const found = podStartFailure(pod, mountEvents, answered);
  if (found === undefined) return undefined;
  const { reason, message, finalAfterMs, lastEnd } = found;
  const advised = message + securityAdvice(message);
  const leftMs = finalAfterMs - (failingForMs.get(pod.metadata?.uid ?? '') ?? 0);
  return {
    reason,
    message: lastEnd === undefined ? advised : `${advised}. ${logged(pod, lastEnd)}`,
    terminal: leftMs <= 0,
    ...(leftMs > 0 && Number.isFinite(leftMs) && { terminalInMs: leftMs }),
  };
}

/** What the pod's status says, and where that says nothing, what the Events of its volumes do. */
export function podStartFailure(
  pod: Pod,
  mountEvents: readonly KubeEvent[],
  answered: boolean,
): StartFailure | undefined {
  const failure = startFailure(pod, answered);
  if (failure !== undefined) return failure;
  const own = mountEvents.filter((event) => event.involvedObject?.uid === pod.metadata?.uid);
  return own
    .map((event) => mountFailure(pod, event.message ?? ''))
    .filter((found) => found !== undefined)
    .toSorted((a, b) => a.finalAfterMs - b.finalAfterMs)[0];
}

/** Of a program that says that all is well kubelet does not show the log. */
function logged(pod: Pod, last: ContainerEnd): string {
  const lines = lastLines(last.message ?? '');
  if (lines !== '') return `Its last log lines:\n${lines}`;
  return last.exitCode === 0 ? `kubectl logs ${nameOf(pod)} shows its log` : 'It logged nothing';
}

/** Kubelet's termination message is the end of the log; the last lines of it, for a person. */
function lastLines(text: string): string {
  const lines = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => readable(line).split('\n'));
  return lines.slice(-LOG_MAX_LINES).join('\n').slice(-LOG_MAX_CHARS);
}

/** A line of the runtime's own JSON log as its message and the function's part of the stack; others as they are. */
function readable(line: string): string {
  const { msg, err } = parsedLine(line);
  if (msg === undefined) return line;
  const stack = (err?.stack ?? '').split('\n').filter((frame) => !/runtime\.mjs|\(node:|at (async )?node:/.test(frame));
  return err === undefined ? msg : `${msg}: ${stack.join('\n')}`;
}

function parsedLine(line: string): { msg?: string; err?: { stack?: string } } {
  if (!line.startsWith('{')) return {};
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { stack?: unknown } };
    if (typeof msg !== 'string') return {};
    return typeof err?.stack === 'string' ? { msg, err: { stack: err.stack } } : { msg };
  } catch {
    // Cut off, or not ours.
    return {};
  }
}

/** With a quota used up, or a pod that is refused, there is no pod at all: only a condition of the Deployment. */
function creationFailure(deployment: Deployment, pods: number): Failure | undefined {
  const condition = deployment.status?.conditions?.find(
    (one) => one.type === 'ReplicaFailure' && one.status === 'True',
  );
  if (condition === undefined || pods > 0 || (deployment.spec?.replicas ?? 0) === 0) return undefined;
  const message = condition.message ?? 'no details';
  if (/exceeded quota/i.test(message)) {
    const advice = "Raise the namespace's quota or lower spec.resources";
    return { reason: 'QuotaExceeded', message: `no pod can be made: ${message}. ${advice}`, terminal: true };
  }
  // An API server or a webhook that was busy is asked again by the Deployment's controller.
  const terminal = messageKind(message) !== 'transient';
  return {
    reason: 'InvalidPodTemplate',
    message: `no pod can be made: ${message}${securityAdvice(message)}`,
    terminal,
  };
}

function nameOf(pod: Pod): string {
  return pod.metadata?.name ?? '';
}
