/** Pod Security admission: what the level in a namespace's labels allows its pods. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import { fieldsOf } from '../resources/fields.ts';
import { forbidden } from '../status.ts';
import type { Level } from './pod-security-checks.ts';
import { violations } from './pod-security-checks.ts';

const PREFIX = 'pod-security.kubernetes.io/';

/** Throws a 403 for a pod that its namespace's `enforce` does not allow; `warn` adds a warning. */
export function checkPodSecurity(call: Call, pod: KubeObject): void {
  const key = { bucket: 'namespaces', namespace: '', name: call.request.namespace };
  const labels = fieldsOf(call.cluster.store.get(key)?.object.metadata ?? {}, 'labels');
  const enforced = violationOf(labels, 'enforce', pod);
  if (enforced !== undefined) {
    throw forbidden({ ...targetOf(call), name: pod.metadata.name ?? '' }, `violates ${enforced}`);
  }
  const warned = violationOf(labels, 'warn', pod);
  if (warned !== undefined) call.warnings.push(`would violate ${warned}`);
}

/** `PodSecurity "restricted:latest": …`; `undefined`: the pod is allowed. */
function violationOf(labels: { [name: string]: unknown }, mode: string, pod: KubeObject): string | undefined {
  const level = levelOf(labels[`${PREFIX}${mode}`]);
  if (level === undefined) return undefined;
  const found = violations(fieldsOf(pod, 'spec'), level);
  const version = labels[`${PREFIX}${mode}-version`] ?? 'latest';
  return found.length === 0 ? undefined : `PodSecurity "${level}:${version}": ${found.join(', ')}`;
}

/** A level that is none is taken for the strictest one. */
function levelOf(label: unknown): Level | undefined {
  if (label === undefined || label === 'privileged') return undefined;
  return label === 'baseline' ? 'baseline' : 'restricted';
}
