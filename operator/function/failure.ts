import type { RevisionFailure } from '#api/conditions.ts';
import { SECRETS_DIR } from '#api/names.ts';
import type { Deployment, KubeEvent, Pod } from '#platform/resources.ts';
import { type ContainerStatus, exits, functionContainer } from './pod-state.ts';
import { securityAdvice } from './security-context.ts';

/** Why a revision has no replica that answers. */
export interface Failure {
  reason: RevisionFailure;
  /** What is wrong (pod, exit code, last log lines, limit) and what to do. */
  message: string;
  /** Waiting does not help: who waits is told at once. Otherwise it may still start, e.g. when a node joins. */
  terminal: boolean;
}

export interface Evidence {
  deployment: Deployment;
  /** Of the revision, none of them ready or on its way out. */
  pods: readonly Pod[];
  mountEvents: readonly KubeEvent[];
  /** Whether a replica of the revision ever answered: then one that ends is not yet a crash loop. */
  answered: boolean;
}

/** Ends before the first answer after which a revision counts as broken. */
const FATAL_EXITS = 2;
const LOG_MAX_CHARS = 1_500;
const LOG_MAX_LINES = 12;
const IMAGE_REASONS = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'];

/** The first failure that the pods, or where there is none the Deployment, tell of; a terminal one before others. */
export function revisionFailure(evidence: Evidence): Failure | undefined {
  const { deployment, pods, mountEvents, answered } = evidence;
  const failures = pods.map((pod) => podFailure(pod, mountEvents, answered)).filter((failure) => failure !== undefined);
  return failures.find((failure) => failure.terminal) ?? failures[0] ?? creationFailure(deployment, pods.length);
}

function podFailure(pod: Pod, mountEvents: readonly KubeEvent[], answered: boolean): Failure | undefined {
  const status = functionContainer(pod);
  return (
    (status && containerFailure(pod, status, answered)) ?? mountFailure(pod, mountEvents) ?? schedulingFailure(pod)
  );
}

function containerFailure(pod: Pod, status: ContainerStatus, answered: boolean): Failure | undefined {
  const { reason = '', message = '' } = status.state?.waiting ?? {};
  if (IMAGE_REASONS.includes(reason)) {
    return terminal(
      'ImagePullFailed',
      `pod ${nameOf(pod)} cannot get the image "${status.image}" (${reason}): ${message || 'no details'}. Check the image's name and, for a private registry, spec.imagePullSecrets`,
    );
  }
  if (reason === 'CreateContainerConfigError') return configFailure(pod, message);
  const broken = answered ? reason === 'CrashLoopBackOff' : exits(status) >= FATAL_EXITS;
  return broken ? crash(pod, status, answered) : undefined;
}

/** Of a function's bundle: see bundleName. */
const MISSING_BUNDLE = /configmap "[^"]+-bundle-[0-9a-f]{16}" not found/i;

/** Kubelet: `secret "x" not found`, `couldn't find key k in Secret ns/x`, and the same of ConfigMaps. */
function configFailure(pod: Pod, message: string): Failure {
  if (/\bsecret\b/i.test(message)) {
    return terminal(
      'SecretNotFound',
      `pod ${nameOf(pod)} cannot start: ${message}. Create the Secret with that key in namespace ${pod.metadata?.namespace}, or correct spec.env or spec.envFrom`,
    );
  }
  if (MISSING_BUNDLE.test(message)) {
    return {
      reason: 'ConfigMapNotFound',
      message: `pod ${nameOf(pod)} cannot start: its compiled code was deleted (${message}). Catnap stores it again, and the pod then starts by itself; see who deletes ConfigMaps in namespace ${pod.metadata?.namespace}`,
      terminal: false,
    };
  }
  if (/\bconfigmap\b/i.test(message)) {
    return terminal(
      'ConfigMapNotFound',
      `pod ${nameOf(pod)} cannot start: ${message}. Create the ConfigMap with that key in namespace ${pod.metadata?.namespace}, or correct spec.env or spec.envFrom`,
    );
  }
  return terminal(
    'InvalidPodTemplate',
    `pod ${nameOf(pod)} cannot start: ${message || 'its container is refused'}${securityAdvice(message)}`,
  );
}

function crash(pod: Pod, status: ContainerStatus, answered: boolean): Failure {
  const last = status.state?.terminated ?? status.lastState?.terminated;
  const times = `${exits(status)} times${status.state?.running ? '' : ', now waiting to be restarted'}`;
  const how =
    last?.reason === 'OOMKilled'
      ? outOfMemory(pod)
      : `exit code ${last?.exitCode ?? 'unknown'}${signalOf(last?.exitCode)}`;
  const ended = `pod ${nameOf(pod)} ended ${answered ? '' : 'before it answered, '}${times}; the last time with ${how}`;
  return terminal('CrashLoop', `${ended}. ${logged(pod, last)}`);
}

/** Of a program that says that all is well kubelet does not show the log. */
function logged(pod: Pod, last: { exitCode: number; message?: string } | undefined): string {
  const lines = lastLines(last?.message ?? '');
  if (lines !== '') return `Its last log lines:\n${lines}`;
  return last?.exitCode === 0 ? `kubectl logs ${nameOf(pod)} shows its log` : 'It logged nothing';
}

function outOfMemory(pod: Pod): string {
  const limit = pod.spec?.containers[0]?.resources?.limits?.memory ?? 'none';
  return `exit code 137: it used more memory than its limit of ${limit}; raise spec.resources.limits.memory`;
}

function signalOf(exitCode: number | undefined): string {
  return exitCode === 137 ? ' (killed)' : exitCode === 139 ? ' (segmentation fault)' : '';
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

/** A pod whose volume's Secret is missing says so only in Events: `MountVolume.SetUp failed …: secret "x" not found`. */
function mountFailure(pod: Pod, events: readonly KubeEvent[]): Failure | undefined {
  const event = events.find(
    (one) => one.involvedObject?.uid === pod.metadata?.uid && /secret/i.test(one.message ?? ''),
  );
  if (event === undefined) return undefined;
  return terminal(
    'SecretNotFound',
    `pod ${nameOf(pod)} cannot mount a Secret at ${SECRETS_DIR}: ${event.message}. Create it in namespace ${pod.metadata?.namespace}, or correct spec.secrets`,
  );
}

function schedulingFailure(pod: Pod): Failure | undefined {
  const condition = pod.status?.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False');
  if (condition?.reason !== 'Unschedulable') return undefined;
  return {
    reason: 'Unschedulable',
    message: `pod ${nameOf(pod)} finds no node: ${condition.message ?? 'no details'}. Lower spec.resources.requests or add a node; it starts as soon as there is room`,
    terminal: false,
  };
}

/** With a quota used up, or a pod that is refused, there is no pod at all: only a condition of the Deployment. */
function creationFailure(deployment: Deployment, pods: number): Failure | undefined {
  const condition = deployment.status?.conditions?.find(
    (one) => one.type === 'ReplicaFailure' && one.status === 'True',
  );
  if (condition === undefined || pods > 0 || (deployment.spec?.replicas ?? 0) === 0) return undefined;
  const message = condition.message ?? 'no details';
  return /exceeded quota/i.test(message)
    ? terminal('QuotaExceeded', `no pod can be made: ${message}. Raise the namespace's quota or lower spec.resources`)
    : terminal('InvalidPodTemplate', `no pod can be made: ${message}${securityAdvice(message)}`);
}

function terminal(reason: RevisionFailure, message: string): Failure {
  return { reason, message, terminal: true };
}

function nameOf(pod: Pod): string {
  return pod.metadata?.name ?? '';
}
