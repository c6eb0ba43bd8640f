/** What became of hints. */
export type HintEvent = 'sent' | 'dropped' | 'received' | 'followed' | 'unknown' | 'malformed';
/** Why a peer's stream was not taken. */
export type RefusalReason = 'no_keys' | 'bad_token' | 'too_many';

/** What one activator counts of its peers, since its start. */
export class PeerCounts {
  readonly hints: Record<HintEvent, number> = {
    sent: 0,
    dropped: 0,
    received: 0,
    followed: 0,
    unknown: 0,
    malformed: 0,
  };
  readonly refusals: Record<RefusalReason, number> = { no_keys: 0, bad_token: 0, too_many: 0 };
}
