import type { Clock } from '#platform/time/clock.ts';
import type { Failure } from '../errors/gateway-error.ts';
import type { Summary } from '../telemetry/access-log.ts';
import type { Deadlines } from './timer-wheel.ts';
import type { Joint } from './tunnel.ts';

/** The server, as its exchanges see it. */
export interface Host {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Whether connections are to end with their present answer. */
  readonly leaving: boolean;
  /** Whether callers are told all of a failure. */
  readonly errorDetail: boolean;
  /** What counts the requests for which no function was found. */
  readonly unrouted: { finished(summary: Summary): void };
  /** An exchange has begun. */
  opened(): void;
  /** An exchange is over; called once for each. The summary may be read until this returns. Never throws. */
  finished(summary: Summary): void;
  /** The exchange is an upgraded connection from here on. */
  joined(joint: Joint): void;
  /** A function did not answer as it should have. */
  failed(failure: Failure, summary: Summary): void;
}
