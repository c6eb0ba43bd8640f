import { HEADER } from '#api/names.ts';
import type { NotStarted } from '../functions/target.ts';
import { NameTable } from '../upstream/http1/name-table.ts';

const MARKS = new NameTable<'notStarted' | 'full'>([
  [HEADER.notStarted, 'notStarted'],
  [HEADER.full, 'full'],
]);

/**
 * Why a runtime has not begun with a request that it answers with 503; undefined: it does not say that it has not.
 * @param headers of that answer; name, value, …
 */
export function notStartedReason(headers: readonly string[]): NotStarted | undefined {
  const marks = new Set<string | undefined>();
  for (let i = 0; i < headers.length; i += 2) marks.add(MARKS.find(headers[i] as string));
  if (!marks.has('notStarted')) return undefined;
  return marks.has('full') ? 'full' : 'unready';
}
