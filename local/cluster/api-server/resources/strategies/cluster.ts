/** Namespaces, nodes, quotas, budgets and the kinds that are only kept. */
import type { KubeObject } from '../../../objects/kind-schema.ts';
import { setLimitDefaults } from '../../admission/limit-range.ts';
import { validateBinding, validatePolicy } from '../../admission/policies/validate.ts';
import { validateBindingUpdate, validateRole } from '../../authorization/validate.ts';
import { ensureFields, fieldsOf, isFields, listOf, setDefault, setIfAbsent, textOf } from '../fields.ts';
import type { Strategy } from '../resource.ts';
import { dnsLabelProblems, invalidField, pathSegmentProblems, requiredField, unsupportedField } from '../validation.ts';
import { validateNetworkPolicy } from './network-policy.ts';

export const namespaceStrategy: Strategy = {
  setDefaults(namespace) {
    const { name } = namespace.metadata;
    if (name !== undefined) ensureFields(namespace.metadata, 'labels')['kubernetes.io/metadata.name'] = name;
    ensureFields(namespace, 'spec');
    setDefault(ensureFields(namespace, 'status'), 'phase', 'Active');
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' };
    namespace.spec = { finalizers: ['kubernetes'] };
  },
  prepareForUpdate(next, old) {
    next.spec = { ...fieldsOf(next, 'spec'), finalizers: fieldsOf(old, 'spec').finalizers };
  },
  validateName: dnsLabelProblems,
};

export const nodeStrategy: Strategy = {
  setDefaults(node) {
    ensureFields(node, 'spec');
    const status = ensureFields(node, 'status');
    if (status.capacity !== undefined) setIfAbsent(status, 'allocatable', status.capacity);
  },
  // A kubelet registers its node with the status filled in.
  keepsStatus: true,
};

export const quotaStrategy: Strategy = {
  setDefaults(quota) {
    ensureFields(quota, 'spec');
    ensureFields(quota, 'status');
  },
};

export const budgetStrategy: Strategy = {
  counted: true,
};

export const eventStrategy: Strategy = {
  prepareForCreate: writeEmptyEventFields,
  prepareForUpdate: writeEmptyEventFields,
  validate(event) {
    const involved = textOf(fieldsOf(event, 'involvedObject'), 'namespace');
    const namespace = event.metadata.namespace ?? '';
    const matches = involved === namespace || (involved === '' && namespace === 'default');
    if (matches) return [];
    return [
      {
        type: 'FieldValueInvalid',
        field: 'involvedObject.namespace',
        value: involved,
        detail: 'does not match event.namespace',
      },
    ];
  },
  createOnUpdate: true,
};

/** Fields that are there though nobody set them, so nobody owns them. */
function writeEmptyEventFields(event: KubeObject): void {
  setIfAbsent(event, 'reportingComponent', '');
  setIfAbsent(event, 'reportingInstance', '');
  ensureFields(event, 'source');
  for (const name of ['eventTime', 'firstTimestamp', 'lastTimestamp']) setIfAbsent(event, name, null);
}

export const limitRangeStrategy: Strategy = { setDefaults: setLimitDefaults };

export const leaseStrategy: Strategy = {
  validate(lease) {
    const spec = fieldsOf(lease, 'spec');
    const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
    const errors = [];
    if (typeof duration === 'number' && duration <= 0)
      errors.push(invalidField('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    if (typeof transitions === 'number' && transitions < 0)
      errors.push(invalidField('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    return errors;
  },
  createOnUpdate: true,
};

export const endpointsStrategy: Strategy = {
  setDefaults(endpoints) {
    for (const subset of listOf(endpoints, 'subsets')) {
      for (const port of listOf(subset, 'ports')) setDefault(port, 'protocol', 'TCP');
    }
  },
  createOnUpdate: true,
};

/** Addresses in 127.0.0.0/8 are taken as they are: pods of a local cluster live there. */
export const endpointSliceStrategy: Strategy = {
  setDefaults(slice) {
    for (const port of listOf(slice, 'ports')) {
      setIfAbsent(port, 'name', '');
      setDefault(port, 'protocol', 'TCP');
    }
  },
  validate(slice) {
    const type = textOf(slice, 'addressType');
    const allowed = ['FQDN', 'IPv4', 'IPv6'];
    if (type === '') return [requiredField('addressType')];
    return allowed.includes(type) ? [] : [unsupportedField('addressType', type, allowed)];
  },
  counted: true,
};

export const roleStrategy: Strategy = { validate: validateRole, validateName: pathSegmentProblems };

export const bindingStrategy: Strategy = {
  setDefaults(binding) {
    setDefault(ensureFields(binding, 'roleRef'), 'apiGroup', 'rbac.authorization.k8s.io');
    for (const subject of listOf(binding, 'subjects')) {
      const named = subject.kind === 'User' || subject.kind === 'Group';
      if (named) setDefault(subject, 'apiGroup', 'rbac.authorization.k8s.io');
    }
  },
  validateUpdate: validateBindingUpdate,
  validateName: pathSegmentProblems,
};

export const networkPolicyStrategy: Strategy = {
  setDefaults(policy) {
    const spec = ensureFields(policy, 'spec');
    if (spec.policyTypes !== undefined) return;
    const egress = Array.isArray(spec.egress) && spec.egress.length > 0;
    spec.policyTypes = egress ? ['Ingress', 'Egress'] : ['Ingress'];
    for (const rule of [...listOf(spec, 'ingress'), ...listOf(spec, 'egress')]) {
      for (const port of listOf(rule, 'ports')) setDefault(port, 'protocol', 'TCP');
    }
  },
  validate: validateNetworkPolicy,
  counted: true,
};

export const admissionPolicyStrategy: Strategy = {
  setDefaults(policy) {
    const spec = ensureFields(policy, 'spec');
    setDefault(spec, 'failurePolicy', 'Fail');
    setMatchDefaults(spec.matchConstraints);
  },
  validate: validatePolicy,
  counted: true,
};

export const policyBindingStrategy: Strategy = {
  setDefaults(binding) {
    setMatchDefaults(ensureFields(binding, 'spec').matchResources);
  },
  validate: validateBinding,
  counted: true,
};

function setMatchDefaults(match: unknown): void {
  if (!isFields(match)) return;
  setDefault(match, 'matchPolicy', 'Equivalent');
  setIfAbsent(match, 'namespaceSelector', {});
  setIfAbsent(match, 'objectSelector', {});
  for (const list of ['resourceRules', 'excludeResourceRules']) {
    for (const rule of listOf(match, list)) setDefault(rule, 'scope', '*');
  }
}

export const plainStrategy: Strategy = {};
