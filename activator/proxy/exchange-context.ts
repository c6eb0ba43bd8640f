import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { Judgement } from '../policy/policy-chain.ts';
import type { AccessLogEntry } from '../telemetry/access-log.ts';
import type { TimerWheel } from './timer-wheel.ts';
import type { Tunnel } from './tunnel.ts';

/** The gateway, as its exchanges see it. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly timers: TimerWheel;
  /** Whether connections are to end with their present answer. */
  readonly draining: boolean;
  /** Whether callers get a failure's details, such as names of pods. */
  readonly errorDetail: boolean;
  /** What counts the requests for which no function was found. */
  readonly unrouted: { finished(entry: AccessLogEntry): void };
  /** An exchange has begun. */
  opened(): void;
  /** An exchange is over; called once for each. The entry may be read until this returns. Never throws. */
  finished(entry: AccessLogEntry): void;
  /** The exchange is an upgraded connection from here on. */
  joined(tunnel: Tunnel): void;
  /** A function did not answer as it should have, or its policies refused the request. @param judgement undefined: it has none. */
  failed(failure: GatewayError, entry: AccessLogEntry, judgement?: Judgement): void;
}
