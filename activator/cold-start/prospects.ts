import type { GatewayError } from '../errors/gateway-error.ts';
import type { RevisionHealth } from '../replicas/revision-health.ts';
import type { FunctionConfig } from '../routing/function-config.ts';

/** What decides whether a request may wait for a revision to start. Times are on the activator's clock. */
export interface Prospects {
  view: Pick<FunctionConfig, 'firstFailure' | 'latestFailure' | 'serving' | 'latest'>;
  /** The pods of the revision that requests go to. */
  found: Pick<RevisionHealth, 'answering' | 'failure'>;
  /** That revision is the newest one. */
  isLatest: boolean;
  /** One of its replicas was seen to answer. */
  hasAnswered: boolean;
  /** Since when requests wait for its start; undefined: none does. */
  wakingSinceMs: number | undefined;
  /** When the failure that the status has was first seen there. */
  failureSeenAtMs: number;
  /** When it may be started again after it failed; undefined: it has not failed. */
  dueAtMs: number | undefined;
  nowMs: number;
}

/**
 * Why requests do not wait for this revision; undefined: they may. Half-open: one that the status calls failed is refused
 * while its last start is young; after that the first request is the next start, and what the status told before says
 * nothing of that one.
 */
export function whyNotWait(prospects: Prospects): GatewayError | undefined {
  const { view, found, isLatest, wakingSinceMs, failureSeenAtMs, dueAtMs, nowMs } = prospects;
  if (view.firstFailure !== undefined) return view.firstFailure;
  if (found.answering.length > 0) return undefined;
  if (found.failure !== undefined) return found.failure;
  const { latestFailure } = view;
  if (!isLatest || latestFailure === undefined || mayCome(prospects)) return undefined;
  // No start is possible at all.
  if (latestFailure.reason === 'NameTaken') return latestFailure;
  if (wakingSinceMs !== undefined) return failureSeenAtMs > wakingSinceMs ? latestFailure : undefined;
  return dueAtMs !== undefined && nowMs < dueAtMs ? latestFailure : undefined;
}

/** Half-open: why a request does not wait beside those that are starting a failed revision again; undefined: it may. */
export function whyNotAlso(prospects: Prospects): GatewayError | undefined {
  const { view, found, hasAnswered } = prospects;
  // Beside a revision that takes its place it may: that one is there for all when the start fails.
  const hasFallback = view.serving !== undefined && view.serving !== view.latest;
  return hasFallback || hasAnswered || found.answering.length > 0 ? undefined : view.latestFailure;
}

/** It has answered, so it is about to do so again: only exits before the first answer are final. */
function mayCome({ hasAnswered, view }: Prospects): boolean {
  return hasAnswered && view.latestFailure?.reason === 'CrashLoop';
}
