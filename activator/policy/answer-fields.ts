/** What policies add to answers, those of functions and those of the gateway. Pure. */
import type { NameTable } from '../upstream/http1/name-table.ts';

export interface AnswerFields {
  /** Fields of the function's own that are left out: the policy speaks for it. */
  readonly instead: NameTable<true>;
  /** Name, value, … */
  readonly add: readonly string[];
  /** A name for `Vary`, which is added to what the answer has there. */
  readonly vary?: string | undefined;
}

/** An answer's headers with what its policies add; name, value, … */
export function amend(headers: readonly string[], fields: readonly AnswerFields[]): string[] {
  const amended: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!isReplaced(name, fields)) amended.push(name, headers[i + 1] as string);
  }
  for (const { add, vary } of fields) {
    amended.push(...add);
    if (vary !== undefined && !varies(amended, vary)) amended.push('vary', vary);
  }
  return amended;
}

function isReplaced(name: string, fields: readonly AnswerFields[]): boolean {
  for (const { instead } of fields) if (instead.find(name) !== undefined) return true;
  return false;
}

function varies(headers: readonly string[], by: string): boolean {
  const wanted = by.toLowerCase();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== 4 || name.toLowerCase() !== 'vary') continue;
    const listed = (headers[i + 1] as string).toLowerCase().split(',');
    if (listed.some((one) => one.trim() === wanted || one.trim() === '*')) return true;
  }
  return false;
}
