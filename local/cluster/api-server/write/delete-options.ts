/** What a client wants of a deletion: from the body and, over it, from the query. */
import { decodeBody } from '../../objects/schema/decode.ts';
import type { Call } from '../cluster.ts';
import { fieldsOf, isFields } from '../resources/fields.ts';
import { invalidField, unsupportedField } from '../resources/validation.ts';
import { invalidOptions } from '../status.ts';
import { mediaTypeOf } from './decode.ts';

export interface DeleteOptions {
  dryRun: boolean;
  /** `undefined`: the kind's own. */
  gracePeriodSeconds: number | undefined;
  propagationPolicy: 'Background' | 'Foreground' | 'Orphan' | undefined;
  preconditions: { uid?: string; resourceVersion?: string };
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

/** Throws a 400 or 422 for what is none. */
export function deleteOptionsOf(call: Call): DeleteOptions {
  const body = call.body.text.trim() === '' ? {} : decodeBody(call.body.text, mediaTypeOf(call)).value;
  const given = isFields(body) ? body : {};
  const { query } = call;
  const dryRun = [...query.getAll('dryRun'), ...(Array.isArray(given.dryRun) ? given.dryRun.map(String) : [])];
  const grace = query.get('gracePeriodSeconds') ?? given.gracePeriodSeconds;
  const policy = query.get('propagationPolicy') ?? given.propagationPolicy ?? undefined;
  const orphan = query.get('orphanDependents') ?? given.orphanDependents;
  checkOptions(dryRun, policy, orphan);
  const preconditions = fieldsOf(given, 'preconditions');
  return {
    dryRun: dryRun.includes('All'),
    gracePeriodSeconds: grace === undefined || grace === null ? undefined : graceOf(Number(grace)),
    propagationPolicy: (policy ?? policyOf(orphan)) as DeleteOptions['propagationPolicy'],
    preconditions: {
      ...(typeof preconditions.uid === 'string' ? { uid: preconditions.uid } : {}),
      ...(typeof preconditions.resourceVersion === 'string' ? { resourceVersion: preconditions.resourceVersion } : {}),
    },
  };
}

/** A negative period is taken for one second. */
function graceOf(seconds: number): number {
  return seconds < 0 ? 1 : seconds;
}

/** `orphanDependents`, the older way to say it. */
function policyOf(orphan: unknown): string | undefined {
  if (orphan === undefined || orphan === null) return undefined;
  return String(orphan) === 'true' ? 'Orphan' : 'Background';
}

function checkOptions(dryRun: readonly string[], policy: unknown, orphan: unknown): void {
  const errors = dryRun
    .filter((value) => value !== 'All' && value !== '')
    .map((value) => unsupportedField('dryRun', value, ['All']));
  if (policy !== undefined && !POLICIES.includes(String(policy))) {
    errors.push(unsupportedField('propagationPolicy', policy, [...POLICIES, 'nil']));
  }
  if (policy !== undefined && orphan !== undefined && orphan !== null) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push(invalidField('propagationPolicy', policy, detail));
  }
  if (errors.length > 0) throw invalidOptions('DeleteOptions', errors);
}
