/** What a Lease says and what follows from it, as client-go's leader election has it. */
import type { Lease } from '../kube/resources.ts';

export type LeaseSpec = NonNullable<Lease['spec']>;

/** A lease as it was last seen. */
export interface Sighting {
  /** In its last state, should it be gone. */
  lease: Lease;
  gone: boolean;
  /** Since when it has said the same, on this process' own clock: another's is never compared with it. */
  sinceMs: number;
}

interface Candidate {
  identity: string;
  /** How long a record of this candidate's is to be respected, in milliseconds. */
  leaseMs: number;
}

/** What to do with the lease now. */
export type LeaseStep =
  | { kind: 'wait'; untilMs: number }
  /** Onto `onto`, in just that version; undefined: there is none yet. */
  | { kind: 'write'; spec: LeaseSpec; onto: Lease | undefined };

/** `before` and what was found now; `lease` undefined: there is none. */
export function sight(before: Sighting | undefined, lease: Lease | undefined, nowMs: number): Sighting | undefined {
  // The leader before may not have noticed yet: it is respected as if it were there.
  if (lease === undefined) return before && { ...before, gone: true };
  const same = before !== undefined && recordOf(before.lease) === recordOf(lease);
  return { lease, gone: false, sinceMs: same ? before.sinceMs : nowMs };
}

function recordOf({ spec = {} }: Lease): string {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec;
  return JSON.stringify([holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions]);
}

/** Empty: it is free. */
export function holderOf(sighting: Sighting | undefined): string {
  return sighting?.lease.spec?.holderIdentity ?? '';
}

/**
 * Renews one's own lease, takes one that is free, waits for one that another holds until it has said the same for as
 * long as it asks to be respected.
 * @param wallMs milliseconds since 1970, for people who read the lease.
 */
export function leaseStep(
  sighting: Sighting | undefined,
  { identity, leaseMs }: Candidate,
  { nowMs, wallMs }: { nowMs: number; wallMs: number },
): LeaseStep {
  const spec = sighting?.lease.spec ?? {};
  const mine = holderOf(sighting) === identity;
  const freeAtMs = sighting === undefined ? nowMs : sighting.sinceMs + (spec.leaseDurationSeconds ?? 0) * 1_000;
  if (!mine && holderOf(sighting) !== '' && nowMs < freeAtMs) return { kind: 'wait', untilMs: freeAtMs };
  const now = microTime(wallMs);
  const transitions = spec.leaseTransitions ?? 0;
  return {
    kind: 'write',
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(leaseMs / 1_000),
      acquireTime: (mine ? spec.acquireTime : undefined) ?? now,
      renewTime: now,
      leaseTransitions: mine || sighting === undefined ? transitions : transitions + 1,
    },
    onto: sighting === undefined || sighting.gone ? undefined : sighting.lease,
  };
}

/** What the holder leaves behind so that the next one need not wait. */
export function releasedSpec(spec: LeaseSpec | undefined, wallMs: number): LeaseSpec {
  const now = microTime(wallMs);
  return {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: spec?.leaseTransitions ?? 0,
  };
}

/** RFC 3339 with six digits after the second, as metav1.MicroTime has it. */
function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
