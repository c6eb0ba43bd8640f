/** A function's revisions as the autoscaler needs them. */
export interface Revisions {
  /** Replicas asked for, by revision. */
  replicas: ReadonlyMap<string, number>;
  serving: string;
  latest: string;
  /** The newest one is known not to start. */
  latestFailed: boolean;
}

/** The revision whose number of replicas follows the demand: the one that has some, else the one the next request wakes. */
export function scaledRevision({ replicas, serving, latest, latestFailed }: Revisions): string {
  if ((replicas.get(serving) ?? 0) > 0) return serving;
  return latestFailed ? serving : latest;
}

/** What to write for `desired` replicas of the function. Zero is for all its revisions, also one that just starts. */
export function assign(revisions: Revisions, desired: number): { revision: string; replicas: number }[] {
  if (desired > 0) {
    const revision = scaledRevision(revisions);
    return revisions.replicas.get(revision) === desired ? [] : [{ revision, replicas: desired }];
  }
  return [...revisions.replicas].filter(([, now]) => now > 0).map(([revision]) => ({ revision, replicas: 0 }));
}
