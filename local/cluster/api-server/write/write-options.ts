/** The query of a write. */
import { checkManagerName, defaultManager } from '../../objects/apply/server-side-apply.ts';
import type { Call } from '../cluster.ts';
import { unsupportedField } from '../resources/validation.ts';
import { invalidOptions } from '../status.ts';

export interface WriteOptions {
  dryRun: boolean;
  /** Who writes, as managedFields says it. */
  manager: string;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Server-side apply: take over what others own. */
  force: boolean;
}

/** Throws a 400 or 422 for values that are none. */
export function writeOptionsOf({ query, headers, method }: Pick<Call, 'query' | 'headers' | 'method'>): WriteOptions {
  const manager = query.get('fieldManager') ?? '';
  checkManagerName(manager);
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const validation = query.get('fieldValidation') || 'Warn';
  const errors = [
    ...dryRun.filter((value) => value !== 'All').map((value) => unsupportedField('dryRun', value, ['All'])),
    ...(['Strict', 'Warn', 'Ignore'].includes(validation)
      ? []
      : [unsupportedField('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn'])]),
  ];
  const kind = { POST: 'CreateOptions', PUT: 'UpdateOptions' }[method] ?? 'PatchOptions';
  if (errors.length > 0) throw invalidOptions(kind, errors);
  return {
    dryRun: dryRun.length > 0,
    manager: manager === '' ? defaultManager(headers['user-agent']) : manager,
    fieldValidation: validation as WriteOptions['fieldValidation'],
    force: query.get('force') === 'true',
  };
}
