/** Eviction and binding of pods, finalization of namespaces. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import { type LabelSelector, type Labels, selectorMatches } from '../../objects/label-selector.ts';
import { RequestError } from '../../objects/request-error.ts';
import { decodeBody } from '../../objects/schema/decode.ts';
import { enforcePolicies } from '../admission/policies/enforce.ts';
import type { Call } from '../cluster.ts';
import { keyOf, targetOf } from '../cluster.ts';
import type { Answer } from '../http/answer.ts';
import { answerOf } from '../http/answer.ts';
import { presentObject } from '../present.ts';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, isFields, listOf, numberOf, textOf } from '../resources/fields.ts';
import { finalizersOf } from '../resources/validation.ts';
import { badRequest, conflict } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { mediaTypeOf } from '../write/decode.ts';
import { deleteEntry } from '../write/delete.ts';
import { deleteOptionsOf } from '../write/delete-options.ts';
import { writeOptionsOf } from '../write/write-options.ts';
import { entryOfCall, viewOf } from './read.ts';

const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Deletes the pod unless a PodDisruptionBudget forbids it. Throws a 429 then. */
export function evictPod(call: Call): Answer {
  const pod = entryOfCall(call);
  const eviction = bodyOf(call);
  const named = textOf(fieldsOf(eviction, 'metadata'), 'name');
  if (named !== call.request.name) throw badRequest('name in URL does not match name in Eviction object');
  const given = JSON.stringify(eviction.deleteOptions ?? {});
  const options = deleteOptionsOf({ ...call, body: { text: given, mediaType: 'application/json' } });
  const { dryRun } = writeOptionsOf(call);
  judgeAction(call, eviction, 'Eviction', dryRun || options.dryRun);
  spendBudget(call, pod.object, dryRun || options.dryRun);
  deleteEntry(call, pod, { ...options, dryRun: dryRun || options.dryRun });
  return answerOf(201, SUCCESS);
}

function spendBudget(call: Call, pod: KubeObject, dryRun: boolean): void {
  const { store } = call.cluster;
  const budget = store
    .list('poddisruptionbudgets.policy', call.request.namespace)
    .find(({ object }) =>
      selectorMatches(fieldsOf(object, 'spec').selector as LabelSelector | undefined, pod.metadata.labels as Labels),
    );
  if (budget === undefined || isOver(pod)) return;
  const status = fieldsOf(budget.object, 'status');
  const allowed = numberOf(status, 'disruptionsAllowed');
  if (allowed <= 0) throw disruption(budget.object.metadata.name ?? '', status);
  if (dryRun) return;
  const next = { ...budget.object, status: { ...status, disruptionsAllowed: allowed - 1 } };
  const key = {
    bucket: 'poddisruptionbudgets.policy',
    namespace: call.request.namespace,
    name: next.metadata.name ?? '',
  };
  store.put(key, next);
}

function isOver(pod: KubeObject): boolean {
  const phase = textOf(fieldsOf(pod, 'status'), 'phase');
  return ['Failed', 'Succeeded', 'Pending'].includes(phase) || pod.metadata.deletionTimestamp !== undefined;
}

function disruption(name: string, status: Fields): RequestError {
  const message = `The disruption budget ${name} needs ${numberOf(status, 'desiredHealthy')} healthy pods and has ${numberOf(status, 'currentHealthy')} currently`;
  return new RequestError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", [
    { reason: 'DisruptionBudget', message },
  ]);
}

/** Puts the pod on a node. */
export function bindPod(call: Call): Answer {
  const pod = entryOfCall(call);
  const binding = bodyOf(call);
  const node = textOf(fieldsOf(binding, 'target'), 'name');
  if (node === '') throw badRequest('target.name: Required value');
  const spec = fieldsOf(pod.object, 'spec');
  const current = textOf(spec, 'nodeName');
  if (current !== '') {
    throw conflict(targetOf(call), `pod ${call.request.name} is already assigned to node ${JSON.stringify(current)}`);
  }
  const { dryRun } = writeOptionsOf(call);
  judgeAction(call, binding, 'Binding', dryRun);
  if (!dryRun) {
    call.cluster.store.put(keyOf(call), {
      ...pod.object,
      spec: { ...spec, nodeName: node },
      status: scheduled(call, pod),
    });
  }
  return answerOf(201, SUCCESS);
}

function scheduled({ cluster }: Call, pod: Entry): Fields {
  const status = fieldsOf(pod.object, 'status');
  const others = listOf(status, 'conditions').filter((condition) => condition.type !== 'PodScheduled');
  const lastTransitionTime = new Date(cluster.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    ...status,
    conditions: [...others, { lastProbeTime: null, lastTransitionTime, status: 'True', type: 'PodScheduled' }],
  };
}

/** PUT of `/finalize`: who was waited for says that a namespace may go. */
export function finalizeNamespace(call: Call): Answer {
  const live = entryOfCall(call);
  const finalizers = fieldsOf(bodyOf(call), 'spec').finalizers;
  const next = {
    ...live.object,
    spec: { ...fieldsOf(live.object, 'spec'), finalizers: Array.isArray(finalizers) ? finalizers : [] },
  };
  enforcePolicies(call, { operation: 'UPDATE', object: next, oldObject: live.object, dryRun: false });
  const { store } = call.cluster;
  const dying = live.object.metadata.deletionTimestamp !== undefined;
  const entry = store.put(keyOf(call), next);
  if (dying && next.spec.finalizers.length === 0 && finalizersOf(next).length === 0) store.delete(keyOf(call));
  return { code: 200, json: presentObject(entry, viewOf(call)) };
}

/** To admission policies an action is the creation of what was posted. */
function judgeAction(call: Call, body: Fields, kind: 'Binding' | 'Eviction', dryRun: boolean): void {
  const apiVersion = kind === 'Binding' ? 'v1' : 'policy/v1';
  const object = { apiVersion, kind, ...body, metadata: fieldsOf(body, 'metadata') };
  enforcePolicies(call, { operation: 'CREATE', object, oldObject: undefined, dryRun });
}

function bodyOf(call: Call): Fields {
  const { value } = decodeBody(call.body.text, mediaTypeOf(call));
  return isFields(value) ? value : {};
}
