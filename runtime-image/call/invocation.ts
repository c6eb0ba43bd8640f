import { HEADER } from '../../api/names.ts';
import type { Invocation } from './context.ts';

/** A gateway's, or a Trigger's with its namespace, name and time; api/rules/invocation-id.ts. */
const ID = /^[\w.:+@/-]{1,320}$/;

/** Undefined: the request is no delivery of stored work, or what it says of itself is not of the gateway's making. */
export function invocationOf(headers: Readonly<Record<string, unknown>>): Invocation | undefined {
  const { [HEADER.invocationId]: id, [HEADER.attempt]: attempt } = headers;
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  return typeof attempt === 'string' && /^[1-9][0-9]{0,5}$/.test(attempt)
    ? { id, attempt: Number(attempt) }
    : undefined;
}
