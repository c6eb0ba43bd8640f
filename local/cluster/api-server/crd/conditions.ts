/** Status of a CustomResourceDefinition, as far as it follows from the definition and what else is served. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, isFields, listOf, textOf } from '../resources/fields.ts';
import type { Resource } from '../resources/resource.ts';

interface Verdict {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
}

/**
 * The status with NamesAccepted and Established.
 * @param others all resources of the same group that are not this definition's
 * @param now RFC 3339
 */
export function definitionStatus(definition: KubeObject, others: readonly Resource[], now: string): Fields {
  const spec = fieldsOf(definition, 'spec');
  const status = fieldsOf(definition, 'status');
  const problem = nameConflict(fieldsOf(spec, 'names'), others);
  const names: Verdict =
    problem === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...problem };
  const established: Verdict =
    problem === undefined || isEstablished(definition)
      ? {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        }
      : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  const conditions = [names, established].reduce(
    (list, verdict) => withVerdict(list, verdict, now),
    listOf(status, 'conditions'),
  );
  const acceptedNames = problem === undefined ? spec.names : (status.acceptedNames ?? { kind: '', plural: '' });
  return { ...status, acceptedNames, conditions };
}

export function isEstablished(definition: KubeObject): boolean {
  const conditions = listOf(fieldsOf(definition, 'status'), 'conditions');
  return conditions.some((condition) => condition.type === 'Established' && condition.status === 'True');
}

function withVerdict(conditions: readonly Fields[], verdict: Verdict, now: string): Fields[] {
  const before = conditions.find((condition) => condition.type === verdict.type);
  const since = before !== undefined && before.status === verdict.status ? before.lastTransitionTime : now;
  const next = { lastTransitionTime: since, ...verdict };
  if (before === undefined) return [...conditions, next];
  return conditions.map((condition) => (condition === before ? next : condition));
}

function nameConflict(names: Fields, others: readonly Resource[]): { reason: string; message: string } | undefined {
  const taken = new Set(others.flatMap((other) => [other.plural, other.singular, ...other.shortNames]));
  const kinds = new Set(others.flatMap((other) => [other.kind, other.listKind]));
  const shortNames = Array.isArray(names.shortNames) ? names.shortNames.map(String) : [];
  const checks: [string, string[], ReadonlySet<string>][] = [
    ['PluralConflict', [textOf(names, 'plural')], taken],
    ['SingularConflict', [textOf(names, 'singular')], taken],
    ['ShortNamesConflict', shortNames, taken],
    ['KindConflict', [textOf(names, 'kind')], kinds],
    ['ListKindConflict', [textOf(names, 'listKind')], kinds],
  ];
  for (const [reason, wanted, used] of checks) {
    const conflicting = wanted.find((name) => used.has(name));
    if (conflicting !== undefined) return { reason, message: `${JSON.stringify(conflicting)} is already in use` };
  }
  return undefined;
}

/** True while its instances are being removed. */
export function isTerminating(definition: KubeObject): boolean {
  return isFields(definition.metadata) && definition.metadata.deletionTimestamp !== undefined;
}
