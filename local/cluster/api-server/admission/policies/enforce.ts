/** Holds a change against the policies that are in force. */
import type { KubeObject } from '../../../objects/kind-schema.ts';
import type { Labels } from '../../../objects/label-selector.ts';
import { RequestError } from '../../../objects/request-error.ts';
import type { Call } from '../../cluster.ts';
import { fieldsOf, isFields, textOf } from '../../resources/fields.ts';
import { type Resource, servedForm } from '../../resources/resource.ts';
import { forbidden, RefusalAbout } from '../../status.ts';
import { type Attempt, attemptOf, type Change, type GroupVersionResource } from './attempt.ts';
import { inputsOf } from './inputs.ts';
import { type Judgement, judge, type Objection } from './judge.ts';
import { isNamespace, matchedResource, type Surroundings } from './match.ts';
import type { PolicyInForce } from './policies.ts';

interface Denial {
  by: string;
  objection: Objection;
}

/** Throws what a policy has against the change, with the code of its reason; what is only warned of goes to the client. */
export function enforcePolicies(call: Call, change: Change): void {
  const all = call.cluster.policies.inForce();
  // Nobody is to lock himself out of the policies themselves.
  if (all.length === 0 || call.resource.group === 'admissionregistration.k8s.io') return;
  const attempt = attemptOf(call, change);
  const denials = all.flatMap((inForce) => denialsBy(call, attempt, inForce));
  const [first] = denials;
  if (first !== undefined) throw refusal(attempt, first);
}

function denialsBy(call: Call, attempt: Attempt, { policy, bindings }: PolicyInForce): Denial[] {
  const spec = fieldsOf(policy, 'spec');
  const surroundings = surroundingsOf(call);
  const resource = matchedResource(fieldsOf(spec, 'matchConstraints'), attempt, surroundings);
  if (resource === undefined) return [];
  let judgement: Judgement | undefined;
  return bindings.flatMap((binding) => {
    const { matchResources, validationActions } = fieldsOf(binding, 'spec');
    const match = isFields(matchResources) ? matchResources : undefined;
    if (matchedResource(match, attempt, surroundings) === undefined) return [];
    judgement ??= judgementOf(call, attempt, { policy, resource });
    const { objections, annotations } = judgement;
    const by = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
    const actions = Array.isArray(validationActions) ? validationActions : [];
    for (const [key, value] of annotations) call.auditAnnotations.set(`${policy.metadata.name}/${key}`, value);
    if (actions.includes('Warn')) {
      call.warnings.push(...objections.map(({ message }) => `Validation failed for ${by}: ${message}`));
    }
    if (actions.includes('Audit')) noteFailures(call, objections, { policy, binding });
    return actions.includes('Deny') ? objections.map((objection) => ({ by, objection })) : [];
  });
}

const FAILURES = 'validation.policy.admission.k8s.io/validation_failure';

function noteFailures(
  { auditAnnotations }: Call,
  objections: readonly Objection[],
  { policy, binding }: { policy: KubeObject; binding: KubeObject },
): void {
  if (objections.length === 0) return;
  const failures = objections.map(({ message, index }) => ({
    message,
    policy: policy.metadata.name,
    binding: binding.metadata.name,
    expressionIndex: index,
    validationActions: fieldsOf(binding, 'spec').validationActions,
  }));
  const before = JSON.parse(auditAnnotations.get(FAILURES) ?? '[]') as object[];
  auditAnnotations.set(FAILURES, JSON.stringify([...before, ...failures]));
}

function judgementOf(
  call: Call,
  attempt: Attempt,
  { policy, resource }: { policy: KubeObject; resource: GroupVersionResource },
): Judgement {
  const served = call.cluster.registry.find(resource.group, resource.version, resource.resource) ?? call.resource;
  const { group, version, kind } = served;
  // A subresource's objects are the same under each name of the resource.
  const ofSubresource = attempt.kind.kind !== call.resource.kind;
  const inForm = (object: KubeObject | undefined) =>
    object === undefined || ofSubresource ? object : servedForm(served, object);
  const inputs = inputsOf({
    attempt,
    matched: { resource, kind: ofSubresource ? attempt.kind : { group, version, kind } },
    object: inForm(attempt.object),
    oldObject: inForm(attempt.oldObject),
    user: call.user,
    namespace: isNamespace(attempt.resource) ? undefined : namespaceOf(call),
    fieldManager: call.query.get('fieldManager') ?? '',
  });
  const failurePolicy = textOf(fieldsOf(policy, 'spec'), 'failurePolicy');
  return judge(call.cluster.policies.compiled(policy), inputs, failurePolicy);
}

function surroundingsOf(call: Call): Surroundings {
  const same = ({ bucket }: Resource) => bucket === call.resource.bucket;
  const others = call.cluster.registry.all().filter((other) => same(other) && other !== call.resource);
  return {
    namespaceLabels: namespaceOf(call)?.metadata.labels as Labels,
    equivalents: others.map(({ group, version, plural: resource }) => ({ group, version, resource })),
  };
}

function namespaceOf({ cluster, request: { namespace } }: Call): KubeObject | undefined {
  return cluster.store.get({ bucket: 'namespaces', namespace: '', name: namespace })?.object;
}

const CODES: { readonly [reason: string]: number } = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

function refusal({ resource: { group, resource }, name }: Attempt, { by, objection }: Denial): Error {
  const target = { group, resource, kind: resource, name: name === '' ? 'Unknown' : name };
  const why = `${by} denied request: ${objection.message}`;
  const reason = objection.reason === '' ? 'Invalid' : objection.reason;
  const { message } = forbidden(target, why);
  const causes = [{ reason: '', message: why }];
  return new RefusalAbout(new RequestError(CODES[reason] ?? 422, reason, message, causes), target);
}
