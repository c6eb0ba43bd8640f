import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import type { Fields } from '../resources/fields.ts';
import { ensureFields, fieldsOf, listOf, setIfAbsent, textOf } from '../resources/fields.ts';
import { qosClassOf } from '../resources/strategies/qos.ts';
import { forbidden } from '../status.ts';
import { applyLimitRanges } from './limit-range.ts';
import { checkPodSecurity } from './pod-security.ts';
import { admitServiceAccount } from './service-account.ts';

/** Its limits, its service account and token, its priority, and how long it stays on a node that is in trouble. Throws a 403. */
export function admitPod(call: Call, pod: KubeObject): void {
  applyLimitRanges(call, pod);
  ensureFields(pod, 'status').qosClass = qosClassOf(fieldsOf(pod, 'spec'));
  admitServiceAccount(call, pod);
  const spec = ensureFields(pod, 'spec');
  setPriority(call, pod, spec);
  setTolerations(spec);
  checkPodSecurity(call, pod);
}

function setPriority(call: Call, pod: KubeObject, spec: Fields): void {
  const name = textOf(spec, 'priorityClassName');
  const key = { bucket: 'priorityclasses.scheduling.k8s.io', namespace: '', name };
  const priorityClass = name === '' ? undefined : call.cluster.store.get(key)?.object;
  if (name !== '' && priorityClass === undefined) {
    throw forbidden(
      { ...targetOf(call), name: pod.metadata.name ?? '' },
      `no PriorityClass with name ${name} was found`,
    );
  }
  setIfAbsent(spec, 'priority', priorityClass?.value ?? 0);
  setIfAbsent(spec, 'preemptionPolicy', priorityClass?.preemptionPolicy ?? 'PreemptLowerPriority');
}

const TROUBLES = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const STAYS_SECONDS = 300;

function setTolerations(spec: Fields): void {
  const tolerations = listOf(spec, 'tolerations');
  const missing = TROUBLES.filter((key) => !tolerations.some((toleration) => tolerates(toleration, key)));
  const added = missing.map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: STAYS_SECONDS,
  }));
  spec.tolerations = [...tolerations, ...added];
}

function tolerates(toleration: Fields, key: string): boolean {
  const ofKey = toleration.key === key || textOf(toleration, 'key') === '';
  const effect = textOf(toleration, 'effect');
  return ofKey && (effect === '' || effect === 'NoExecute');
}
