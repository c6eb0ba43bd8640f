/** What to add to the message of an error that says too little to act upon. Nothing here throws. Pure. */
import { asError, attempt, textAt } from './thrown-value.ts';

/** Starts with what parts it from the message. Empty: the message says all. */
export function adviceOn(error: Error): string {
  if (textAt(error, 'message') === 'fetch failed') return causeOf(error);
  return isMissingFile(error)
    ? '; of a function from source only what it imports is there when it runs: import the file, or make an image'
    : '';
}

/** Why `fetch` failed is in the error's cause alone: a name that no host has, a connection that was refused. */
function causeOf(error: Error): string {
  const cause = asError(attempt(() => error.cause));
  const said = cause === undefined ? undefined : textAt(cause, 'message') || textAt(cause, 'code');
  return said ? `: ${said}` : '';
}

/** A file looked for beside the code or in the working directory. */
function isMissingFile(error: Error): boolean {
  if (textAt(error, 'code') !== 'ENOENT' || textAt(error, 'syscall')?.startsWith('spawn') === true) return false;
  const path = textAt(error, 'path');
  return path !== undefined && (path.startsWith('/function/') || !path.startsWith('/'));
}
