import { INVOCATION_PREFIX } from '#api/invocations.ts';

/** What is asked of an invocation, below the address of its function. */
export interface InvocationPath {
  readonly id: string;
  /** `status`: how it goes; `response`: what the function answered. */
  readonly part: 'status' | 'response';
}

/** As the gateway makes ids: UUIDs of version 7, in lower case. */
const PATH = /^([\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12})(\/response)?(?:\?|$)/;

/**
 * Undefined: it is no such path, in its one spelling.
 * @param path path and query
 * @param prefix what of it leads to the function; empty: nothing
 */
export function invocationAt(path: string, prefix: string): InvocationPath | undefined {
  if (!path.startsWith(prefix) || !path.startsWith(INVOCATION_PREFIX, prefix.length)) return undefined;
  const found = PATH.exec(path.slice(prefix.length + INVOCATION_PREFIX.length));
  return found?.[1] === undefined ? undefined : { id: found[1], part: found[2] === undefined ? 'status' : 'response' };
}
