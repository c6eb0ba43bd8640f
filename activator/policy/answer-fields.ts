/** What policies add to answers, those of functions and those of the gateway. Pure. */

export interface AnswerFields {
  /** Names, in lower case, of fields of the function's own that are left out: the policy speaks for it. */
  readonly instead: ReadonlySet<string>;
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
    const lower = name.toLowerCase();
    if (!fields.some(({ instead }) => instead.has(lower))) amended.push(name, headers[i + 1] as string);
  }
  for (const { add, vary } of fields) {
    amended.push(...add);
    if (vary !== undefined && !varies(amended, vary)) amended.push('vary', vary);
  }
  return amended;
}

function varies(headers: readonly string[], by: string): boolean {
  const wanted = by.toLowerCase();
  return headers.some((name, i) => {
    if (i % 2 === 1 || name.toLowerCase() !== 'vary') return false;
    const listed = (headers[i + 1] ?? '').toLowerCase().split(',');
    return listed.some((one) => one.trim() === wanted || one.trim() === '*');
  });
}
