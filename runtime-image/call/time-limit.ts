import { HEADER } from '../../api/names.ts';

/** How long a call may take, and which field of the Function says so. */
export interface TimeLimit {
  /** Milliseconds; 0: any time. */
  readonly ms: number;
  readonly field: 'spec.timeoutSeconds' | 'spec.async.timeoutSeconds';
}

/** What a timer can hold, with room to spare, in milliseconds. */
const MOST_MS = 2_000_000_000;

/**
 * The limit of a request with `headers`: its own, where the gateway gives it one, as it does for deliveries of stored work; what is
 * no number of milliseconds counts as none.
 * @param own of all other requests.
 */
export function timeLimitOf(headers: Readonly<Record<string, unknown>>, own: TimeLimit): TimeLimit {
  const said = headers[HEADER.timeoutMs];
  if (typeof said !== 'string' || !/^[1-9][0-9]{0,9}$/.test(said)) return own;
  return { ms: Math.min(Number(said), MOST_MS), field: 'spec.async.timeoutSeconds' };
}
