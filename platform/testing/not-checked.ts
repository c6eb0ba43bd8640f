import { appendFileSync } from 'node:fs';

/** Says in a line what tests leave out here, and why; in a run of a whole tier it stands in the list at its end too. */
export function notChecked(what: string): void {
  console.log(`not checked: ${what}`);
  listNotChecked(what);
}

/** Adds a line to the file that CATNAP_TEST_NOT_CHECKED names; without one, nothing. */
export function listNotChecked(what: string): void {
  const list = process.env.CATNAP_TEST_NOT_CHECKED;
  if (list) appendFileSync(list, `${what.replaceAll('\n', ' ')}\n`);
}
