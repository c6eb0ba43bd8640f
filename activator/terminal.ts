import type { RevisionFailure } from '#api/conditions.ts';

/** Why a revision cannot start, in the words of the Function's conditions. */
export interface StartFailure {
  reason: RevisionFailure;
  /** For a person: the pod, what kubelet said, what to do. */
  message: string;
}

interface TerminatedState {
  exitCode?: number;
  reason?: string;
}

/** A container's status, as far as it tells whether the container can start. */
export interface ContainerStatus {
  name?: string;
  restartCount?: number;
  image?: string;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: TerminatedState };
  lastState?: { terminated?: TerminatedState };
}

const IMAGE_REASONS = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);
const EXITS_THAT_ARE_TERMINAL = 2;

/**
 * Why this pod will not start by itself, or undefined while it still may. Speaks of a pod that has not answered yet:
 * for one that has, exits mean something else.
 */
export function startFailure(podName: string, containers: readonly ContainerStatus[]): StartFailure | undefined {
  for (const container of containers) {
    const failure = waitingFailure(podName, container) ?? crashFailure(podName, container);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function waitingFailure(podName: string, container: ContainerStatus): StartFailure | undefined {
  const { reason, message } = container.state?.waiting ?? {};
  if (reason === undefined) return undefined;
  const said = message === undefined || message === '' ? reason : `${reason}: ${message}`;
  if (IMAGE_REASONS.has(reason)) {
    return {
      reason: 'ImagePullFailed',
      message: `pod ${podName} cannot pull its image ${container.image ?? ''} (${said}); check its name and imagePullSecrets`,
    };
  }
  if (reason === 'CreateContainerConfigError') {
    return { reason: missingObject(message ?? ''), message: `pod ${podName} cannot be configured (${said})` };
  }
  return undefined;
}

/** Kubelet has one reason for whatever is missing; only its sentence says what. */
function missingObject(message: string): RevisionFailure {
  if (/secret/i.test(message)) return 'SecretNotFound';
  if (/config ?map/i.test(message)) return 'ConfigMapNotFound';
  return 'InvalidPodTemplate';
}

function crashFailure(podName: string, container: ContainerStatus): StartFailure | undefined {
  const { state, lastState, restartCount = 0 } = container;
  const last = state?.terminated ?? lastState?.terminated;
  // restartCount counts exits that were followed by a new start; the last exit may not be, yet.
  const notRestarted = state?.terminated !== undefined || (state?.waiting !== undefined && last !== undefined);
  if (restartCount + (notRestarted ? 1 : 0) < EXITS_THAT_ARE_TERMINAL) return undefined;
  const code = last?.exitCode === undefined ? 'no exit code' : `exit code ${last.exitCode}`;
  const why = last?.reason === undefined ? '' : `, ${last.reason}`;
  // Its last words stay inside: a caller is not the one to read a stack.
  return {
    reason: 'CrashLoop',
    message: `pod ${podName} exits before it answers (${code}${why}); see kubectl logs ${podName}`,
  };
}
