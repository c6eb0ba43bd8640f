import type { GatewayError } from '../errors/gateway-error.ts';
import type { RevisionHealth } from '../replicas/revision-health.ts';
import type { FunctionConfig } from '../routing/function-config.ts';

/** What decides whether a request may wait for a revision to start. Times are on the activator's clock. */
export interface Prospects {
  config: Pick<FunctionConfig, 'firstFailure' | 'latestFailure' | 'serving' | 'latest'>;
  /** The pods of the revision that requests go to. */
  health: Pick<RevisionHealth, 'answering' | 'failure'>;
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
 * while its last start is young; after that the first request starts it again, and the status's failure of the start before
 * does not count.
 */
export function whyNotWait(prospects: Prospects): GatewayError | undefined {
  const { config, health, isLatest, wakingSinceMs, failureSeenAtMs, dueAtMs, nowMs } = prospects;
  if (config.firstFailure !== undefined) return config.firstFailure;
  if (health.answering.length > 0) return undefined;
  if (health.failure !== undefined) return untilDue(health.failure, prospects);
  const { latestFailure } = config;
  if (!isLatest || latestFailure === undefined || mayCome(prospects)) return undefined;
  // No start is possible at all.
  if (latestFailure.reason === 'NameTaken') return latestFailure;
  if (wakingSinceMs !== undefined)
    return failureSeenAtMs > wakingSinceMs ? untilDue(latestFailure, prospects) : undefined;
  return dueAtMs !== undefined && nowMs < dueAtMs ? untilDue(latestFailure, prospects) : undefined;
}

/** The failure, and when the revision may be started again, as far as that is known. */
function untilDue(failure: GatewayError, { dueAtMs, nowMs }: Prospects): GatewayError {
  if (dueAtMs === undefined || dueAtMs <= nowMs) return failure;
  return { ...failure, retryAfterSeconds: Math.ceil((dueAtMs - nowMs) / 1_000) };
}

/** Half-open: why a request does not wait beside those that are starting a failed revision again; undefined: it may. */
export function whyNotAlso(prospects: Prospects): GatewayError | undefined {
  const { config, health, hasAnswered } = prospects;
  // Beside a revision that takes its place it may: that one is there for all when the start fails.
  const hasFallback = config.serving !== undefined && config.serving !== config.latest;
  return hasFallback || hasAnswered || health.answering.length > 0 ? undefined : config.latestFailure;
}

/** It has answered, so it is about to do so again: only exits before the first answer are final. */
function mayCome({ hasAnswered, config }: Prospects): boolean {
  return hasAnswered && config.latestFailure?.reason === 'CrashLoop';
}
