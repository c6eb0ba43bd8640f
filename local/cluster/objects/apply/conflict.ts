import { RequestError } from '../request-error.ts';
import { type Path, paths, pathText } from './field-set.ts';
import type { ManagedSet } from './managers.ts';

/** Fields of another manager that an applied configuration would change. */
export interface Conflict {
  readonly owner: ManagedSet;
  readonly path: Path;
}

/** One conflict per field of `sets`, whose `fields` are the contested ones. */
export function conflictsOf(sets: readonly ManagedSet[]): Conflict[] {
  return sets.flatMap((owner) => paths(owner.fields).map((path) => ({ owner, path })));
}

/** Answers an apply that met conflicts: 409 with a cause per field. */
export function conflictError(conflicts: readonly Conflict[]): RequestError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${ownerText(owner)}`,
    field: pathText(path),
  }));
  return new RequestError(409, 'Conflict', conflictMessage(conflicts), causes);
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${ownerText(first.owner)}: ${pathText(first.path)}`;
  const lines = Map.groupBy(conflicts, ({ owner }) => ownerText(owner));
  const text = [...lines.keys()].sort().flatMap((owner) => {
    const fields = lines.get(owner) ?? [];
    return [`conflicts with ${owner}:`, ...fields.map(({ path }) => `- ${pathText(path)}`)];
  });
  return `Apply failed with ${conflicts.length} conflicts: ${text.join('\n')}`;
}

function ownerText({ manager, operation, apiVersion, subresource }: ManagedSet): string {
  const name = JSON.stringify(manager);
  const where = subresource === '' ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === 'Update' ? `${where} using ${apiVersion}` : where;
}
