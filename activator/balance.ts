/** What balancing needs to know of a replica. */
export interface Busy {
  /** Requests it has now, from this activator. */
  readonly inFlight: number;
}

/**
 * The replica with the fewest requests in flight that still has room, or undefined when none has.
 * @param limit most requests in flight in one replica; 0: no limit.
 * @param start where to begin looking: of equally busy replicas the first from there wins. Any integer from 0.
 */
export function leastBusy<R extends Busy>(replicas: readonly R[], limit: number, start: number): R | undefined {
  const count = replicas.length;
  let best: R | undefined;
  let fewest = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  for (let step = 0; step < count; step += 1) {
    const replica = replicas[(start + step) % count] as R;
    if (replica.inFlight < fewest) {
      if (replica.inFlight === 0) return replica;
      best = replica;
      fewest = replica.inFlight;
    }
  }
  return best;
}
