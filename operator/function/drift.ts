/** What is remembered of a Deployment that did not look as asked for. */
export interface DriftState {
  /** Digest of what was asked for at the last apply. */
  asked: string;
  /** Digest of what came of that: an admission webhook may have had its say. */
  settled: string;
  /** Applies in a row that put back what another had changed. */
  repairs: number;
  /** When the last of them was; milliseconds since 1970. */
  repairedMs: number;
}

interface DriftSeen {
  /** Digest of what is asked for. */
  asked: string;
  /** Digest of what is there. */
  live: string;
  nowMs: number;
}

/** Whether to apply again; with `againInMs` that is due only then. */
interface DriftDecision {
  repair: boolean;
  againInMs?: number;
}

const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 600_000;

/**
 * What was changed is put back at once, the first time; then exponential backoff from 10 s to 10 min, for two programs that
 * want different things must not write in turns without end. What came out of the last apply is as good as it gets.
 */
export function driftDecision(state: DriftState | undefined, { asked, live, nowMs }: DriftSeen): DriftDecision {
  if (live === asked || (state?.asked === asked && state.settled === live)) return { repair: false };
  if (state === undefined || state.repairs === 0) return { repair: true };
  const leftMs = state.repairedMs + waitMs(state.repairs) - nowMs;
  return leftMs > 0 ? { repair: false, againInMs: leftMs } : { repair: true };
}

/** The state after an apply; `changed`: it changed something. */
export function afterApply(
  state: DriftState | undefined,
  { asked, live, nowMs }: DriftSeen,
  changed: boolean,
): DriftState {
  const quiet = state === undefined || nowMs - state.repairedMs > 2 * LONGEST_WAIT_MS;
  const before = quiet ? 0 : state.repairs;
  if (!changed) return { asked, settled: live, repairs: before, repairedMs: state?.repairedMs ?? nowMs };
  return { asked, settled: live, repairs: before + 1, repairedMs: nowMs };
}

function waitMs(repairs: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(repairs - 1, 10), LONGEST_WAIT_MS);
}
