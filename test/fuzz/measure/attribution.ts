/** Whose answers a connection got. Pure. */

/** What an echoing replica's answer begins with, before the target that it was asked for. */
export const ECHO = 'echo ';

const ECHOED = new RegExp(`${ECHO}\\S+ \\S*?/case/(\\d+)/(\\d+)`, 'g');

/**
 * What is wrong with the answers that came back over a connection; undefined: nothing. Each echo is of a request of this
 * connection, and the echoes stand in the order of the requests.
 * @param text all that came back. @param index of the case whose connection it is.
 */
export function misattributed(text: string, index: number): string | undefined {
  let last = -1;
  for (const [echo, owner, request] of text.matchAll(ECHOED)) {
    if (Number(owner) !== index) return `got an answer that belongs to another connection: ${echo}`;
    if (Number(request) <= last) return `answers are out of order: ${echo} came after ${last}`;
    last = Number(request);
  }
  return undefined;
}

/** Answers, without those that only announce one (1xx). @param text all that came back over a connection. */
export function answersIn(text: string): number {
  return text.match(/HTTP\/1\.1 [2-9]\d\d /g)?.length ?? 0;
}
