import { defaultCrd, validateCrd } from '../../objects/crd/definition.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { fieldsOf, listOf, textOf } from '../resources/fields.ts';
import type { Strategy } from '../resources/resource.ts';

/** Instances go before their definition does. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export const definitionStrategy: Strategy = {
  setDefaults(definition) {
    const complete = defaultCrd(definition);
    definition.spec = complete.spec;
  },
  prepareForCreate(definition) {
    const stored = listOf(fieldsOf(definition, 'spec'), 'versions').filter((version) => version.storage === true);
    definition.status = {
      acceptedNames: { kind: '', plural: '' },
      conditions: [],
      storedVersions: stored.map((version) => textOf(version, 'name')),
    };
  },
  prepareForUpdate(next, old) {
    // A version that is stored from now on is noted as such: objects of it may be on disk.
    const status = fieldsOf(old, 'status');
    const before = Array.isArray(status.storedVersions) ? status.storedVersions.map(String) : [];
    const stored = storageVersion(next);
    if (stored === undefined || before.includes(stored)) return;
    next.status = { ...status, storedVersions: [...before, stored] };
  },
  validate: (definition) => validateCrd(definition),
  validateUpdate: (next, old) => validateCrd(next, old),
  counted: true,
};

function storageVersion(definition: KubeObject): string | undefined {
  const versions = listOf(fieldsOf(definition, 'spec'), 'versions');
  const stored = versions.find((version) => version.storage === true);
  return stored === undefined ? undefined : textOf(stored, 'name');
}
