import type { RevisionFailure } from '../conditions.ts';
import { CONTAINER } from '../names.ts';
import { messageKind } from './kubelet-message.ts';

/** Why a pod does not start. */
export interface StartFailure {
  reason: RevisionFailure;
  /** For the function's author: the pod, what kubelet said, what to do. Callers are not told. */
  message: string;
  /**
   * How long it has to last, in milliseconds, until waiting is pointless and those that wait are told. 0: it is so at once;
   * Infinity: never, for the pod may start as soon as something around it changes.
   */
  finalAfterMs: number;
  /** The last end of a container that ends again and again. */
  lastEnd?: ContainerEnd;
}

export interface ContainerEnd {
  exitCode?: number;
  reason?: string;
  /** With `FallbackToLogsOnError`: the end of its log. */
  message?: string;
}

/** A container's status as kubelet writes it, as far as it tells whether the container can start. */
export interface ContainerStatus {
  name?: string;
  image?: string;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; running?: object; terminated?: ContainerEnd };
  lastState?: { terminated?: ContainerEnd };
}

/** A pod as it comes from the API server, as far as it matters here. */
export interface StartingPod {
  metadata?: { name?: string; namespace?: string };
  spec?: { containers?: readonly { name?: string; resources?: { limits?: { [name: string]: string } } }[] };
  status?: {
    conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
    initContainerStatuses?: readonly ContainerStatus[];
    containerStatuses?: readonly ContainerStatus[];
  };
}

/** Ends before the first answer after which a container counts as broken; kubelet may say so only much later. */
const FATAL_EXITS = 2;
/** How long what kubelet says may last before it is believed, in milliseconds: of messages that mean that it tries again … */
const TRANSIENT_MS = 30_000;
/** … and of those that may mean anything. */
const UNSURE_MS = 5_000;

/** What kubelet's reasons for a waiting container mean; with any other, such as ContainerCreating or PodInitializing, it is being started. */
const WAITING: Readonly<Record<string, 'image' | 'busy image' | 'config' | 'start'>> = {
  ErrImagePull: 'image',
  ImagePullBackOff: 'image',
  ErrImageNeverPull: 'image',
  InvalidImageName: 'image',
  SignatureValidationFailed: 'image',
  ImageInspectError: 'busy image',
  RegistryUnavailable: 'busy image',
  CreateContainerConfigError: 'config',
  CreateContainerError: 'start',
  PreCreateHookError: 'start',
  PreStartHookError: 'start',
  PostStartHookError: 'start',
  RunContainerError: 'start',
  RROUnsupported: 'start',
};
/** Ends of a container that never ran: the container runtime could not start its program. */
const NEVER_RAN = ['StartError', 'ContainerCannotRun'];
/** The node lost sight of the container; how it ended is not known. */
const END_UNKNOWN = 'ContainerStatusUnknown';

/**
 * Why this pod does not start, or undefined while nothing speaks against it. One that is over (evicted, preempted, refused
 * by its node) has not failed by this: another one is made in its place.
 * @param answered whether it may have answered before: then one that ends is no failure until kubelet holds it back.
 */
export function startFailure(pod: StartingPod, answered: boolean): StartFailure | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const failures = [
    ...initContainerStatuses.map((container) => containerFailure(pod, container, { answered, isInit: true })),
    ...containerStatuses.map((container) => containerFailure(pod, container, { answered, isInit: false })),
    schedulingFailure(pod),
  ].filter((failure) => failure !== undefined);
  // What is surest is told.
  return failures.toSorted((a, b) => a.finalAfterMs - b.finalAfterMs)[0];
}

/** What kubelet says in an Event of a volume that it cannot mount; undefined: nothing that matters. */
export function mountFailure(pod: StartingPod, message: string): StartFailure | undefined {
  if (!/\b(secret|configmap)\b/i.test(message)) return undefined;
  const reason = missingObject(message) ?? 'InvalidPodTemplate';
  const what = reason === 'ConfigMapNotFound' ? 'ConfigMap' : 'Secret';
  const advice = `Create it in namespace ${pod.metadata?.namespace}, or correct spec.secrets`;
  return {
    reason,
    message: `pod ${nameOf(pod)} cannot mount a ${what}: ${message}. ${advice}`,
    finalAfterMs: finalAfterMs(message),
  };
}

interface Circumstances {
  answered: boolean;
  isInit: boolean;
}

function containerFailure(
  pod: StartingPod,
  container: ContainerStatus,
  { answered, isInit }: Circumstances,
): StartFailure | undefined {
  const { reason = '', message = '' } = container.state?.waiting ?? {};
  const kind = WAITING[reason];
  const crash = crashFailure(pod, container, { answered, isInit });
  if (kind === undefined) return crash ?? neverRan(pod, container);
  if (kind === 'image' || kind === 'busy image') return imageFailure(pod, container, kind === 'image');
  if (kind === 'config') return configFailure(pod, container, message);
  return crash ?? cannotStart(pod, container, reason, message);
}

function imageFailure(pod: StartingPod, container: ContainerStatus, isSure: boolean): StartFailure {
  const { reason, message = '' } = container.state?.waiting ?? {};
  const got = `cannot get the image "${container.image ?? ''}"${of(container)} (${reason}): ${message || 'no details'}`;
  return {
    reason: 'ImagePullFailed',
    message: `pod ${nameOf(pod)} ${got}. Check the image's name and, for a private registry, spec.imagePullSecrets`,
    finalAfterMs: isSure ? 0 : UNSURE_MS,
  };
}

/** Of a function's bundle: the operator stores it again. */
const MISSING_BUNDLE = /configmap "[^"]+-bundle-[0-9a-f]{16}" not found/i;

function configFailure(pod: StartingPod, container: ContainerStatus, message: string): StartFailure {
  const start = `pod ${nameOf(pod)} cannot start${of(container)}`;
  const { namespace } = pod.metadata ?? {};
  if (MISSING_BUNDLE.test(message)) {
    return {
      reason: 'ConfigMapNotFound',
      message: `${start}: its compiled code was deleted (${message}). Catnap stores it again, and the pod then starts by itself; see who deletes ConfigMaps in namespace ${namespace}`,
      finalAfterMs: Number.POSITIVE_INFINITY,
    };
  }
  const reason = missingObject(message);
  if (reason === undefined) {
    const said = message || 'its container is refused';
    return { reason: 'InvalidPodTemplate', message: `${start}: ${said}`, finalAfterMs: finalAfterMs(message) };
  }
  const what = reason === 'SecretNotFound' ? 'Secret' : 'ConfigMap';
  return {
    reason,
    message: `${start}: ${message}. Create the ${what} with that key in namespace ${namespace}, or correct spec.env or spec.envFrom`,
    finalAfterMs: finalAfterMs(message),
  };
}

/** Kubelet: `secret "x" not found`, `couldn't find key k in Secret ns/x`, and the same of ConfigMaps. */
function missingObject(message: string): 'SecretNotFound' | 'ConfigMapNotFound' | undefined {
  if (/\bsecret\b/i.test(message)) return 'SecretNotFound';
  return /\bconfigmap\b/i.test(message) ? 'ConfigMapNotFound' : undefined;
}

function neverRan(pod: StartingPod, container: ContainerStatus): StartFailure | undefined {
  const { reason = '', message = '' } = container.state?.terminated ?? container.lastState?.terminated ?? {};
  return NEVER_RAN.includes(reason) ? cannotStart(pod, container, reason, message) : undefined;
}

function cannotStart(pod: StartingPod, container: ContainerStatus, reason: string, message: string): StartFailure {
  const said = message === '' ? reason : `${reason}: ${message}`;
  return {
    reason: 'ContainerStartFailed',
    message: `pod ${nameOf(pod)} cannot start its container${of(container)} (${said}). Check the image's command and what the pod asks for`,
    finalAfterMs: finalAfterMs(message),
  };
}

function crashFailure(
  pod: StartingPod,
  container: ContainerStatus,
  { answered, isInit }: Circumstances,
): StartFailure | undefined {
  const { state = {}, lastState = {} } = container;
  const last = state.terminated ?? lastState.terminated;
  // An init container that has done its work may do it again, for instance when its node was restarted.
  if (last === undefined || last.reason === END_UNKNOWN || (isInit && last.exitCode === 0)) return undefined;
  const count = exits(container);
  const broken = answered ? state.waiting?.reason === 'CrashLoopBackOff' : count >= FATAL_EXITS;
  if (!broken) return undefined;
  if (NEVER_RAN.includes(last.reason ?? '')) {
    return { ...cannotStart(pod, container, last.reason ?? '', last.message ?? ''), finalAfterMs: 0 };
  }
  const times = `${count} times${state.running ? '' : ', now waiting to be restarted'}`;
  const how = last.reason === 'OOMKilled' ? outOfMemory(pod, container) : exitCode(last);
  const ended = `pod ${nameOf(pod)} ended${of(container)} ${answered ? '' : 'before it answered, '}${times}`;
  return {
    reason: 'CrashLoop',
    message: `${ended}; the last time with ${how}`,
    finalAfterMs: 0,
    lastEnd: last,
  };
}

/** How often a container ended: each restart comes after an end, and it may be between two runs now. */
function exits({ restartCount = 0, state = {}, lastState = {} }: ContainerStatus): number {
  const between = state.terminated !== undefined || (state.waiting !== undefined && lastState.terminated !== undefined);
  return restartCount + (between ? 1 : 0);
}

function outOfMemory(pod: StartingPod, { name }: ContainerStatus): string {
  const limit = memoryLimit(pod, name);
  return `exit code 137: it used more memory than its limit${limit === undefined ? '' : ` of ${limit}`}; raise spec.resources.limits.memory`;
}

/** Of the container of that name, as the pod has it; undefined: it has none. */
export function memoryLimit(pod: StartingPod, name = CONTAINER as string): string | undefined {
  return pod.spec?.containers?.find((container) => container.name === name)?.resources?.limits?.memory;
}

function exitCode({ exitCode: code }: ContainerEnd): string {
  const signal = code === 137 ? ' (killed)' : code === 139 ? ' (segmentation fault)' : '';
  return `exit code ${code ?? 'unknown'}${signal}`;
}

function schedulingFailure(pod: StartingPod): StartFailure | undefined {
  const condition = pod.status?.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False');
  if (condition?.reason !== 'Unschedulable' && condition?.reason !== 'SchedulingGated') return undefined;
  return {
    reason: 'Unschedulable',
    message: `pod ${nameOf(pod)} finds no node: ${condition.message ?? 'no details'}. Lower spec.resources.requests or add a node; it starts as soon as there is room`,
    finalAfterMs: Number.POSITIVE_INFINITY,
  };
}

/** @param message what kubelet says beside its reason. */
function finalAfterMs(message: string): number {
  const kind = messageKind(message);
  if (kind === 'missing' || kind === 'permanent') return 0;
  return kind === 'transient' ? TRANSIENT_MS : UNSURE_MS;
}

/** Which container it is, where it is not the function's own. */
function of({ name }: ContainerStatus): string {
  return name === undefined || name === CONTAINER ? '' : ` of container ${name}`;
}

function nameOf(pod: StartingPod): string {
  return pod.metadata?.name ?? '';
}
