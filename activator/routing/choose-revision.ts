/** What is known of a function's revisions when a request needs one. */
export interface RevisionFacts {
  /** The newest revision made from the spec. */
  latest: string | undefined;
  /** The one that takes traffic by the Function's status: the last that ever answered. */
  serving: string | undefined;
  /** As many replicas of `latest` answer as requests have now: see canTakeOver. */
  latestCanTakeOver: boolean;
  /** The newest of the revisions between the two of which as many answer; undefined: none of them does. */
  overtaken: string | undefined;
  /** `latest` is known not to start. */
  latestFailed: boolean;
  /** `serving` has pods, answering or not. */
  servingHasPods: boolean;
}

/**
 * The revision whose replicas requests go to, and which is woken when it has none. Undefined: there is no revision yet.
 *
 * A new revision takes traffic once as many of its replicas answer. Until then the old one keeps it while it has pods (the
 * new one is being started beside it); with both asleep the new one is tried, unless it is known to fail. When changes come
 * faster than starts, one between the two may be the newest that answers: it takes the traffic meanwhile.
 */
export function chooseRevision(facts: RevisionFacts): string | undefined {
  const { latest, serving } = facts;
  if (latest !== undefined && facts.latestCanTakeOver) return latest;
  if (facts.overtaken !== undefined) return facts.overtaken;
  if (latest === undefined || serving === undefined || latest === serving) return latest ?? serving;
  if (facts.servingHasPods || facts.latestFailed) return serving;
  return latest;
}
