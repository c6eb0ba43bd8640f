import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { When } from '../destinations/event.ts';
import type { CallRules } from '../destinations/url-delivery.ts';
import type { AsyncPolicy } from '../functions/async-policy.ts';
import type { Store } from '../store/store.ts';
import type { GatewayPool } from './gateway-pool.ts';

interface DeliveryPolicies {
  /** Undefined: there is no such Function, or it is not known yet. @param id of an entry, which may be delivered otherwise than others */
  of(uid: string, id?: string): AsyncPolicy | undefined;
  /** Of the one that has this name now; undefined: there is none. */
  uidOf(namespace: string, name: string): string | undefined;
}

/** What a delivery comes to: as its verdict says; `uncounted` is again, but it was no attempt. */
export type Came = 'done' | 'buried' | 'again' | 'uncounted';

interface DeliveryMetrics {
  /** One is over. @param seconds since its entry was leased */
  delivered(policy: AsyncPolicy, came: Came, seconds: number): void;
  /** @param seconds from when it was accepted, or could first run, to its first delivery */
  waited(policy: AsyncPolicy, seconds: number): void;
  leaseLost(): void;
  /** An entry has ended, and its destination is told; `missing`: the function that is its destination is not there. */
  told(policy: AsyncPolicy, when: When, came: 'stored' | 'dropped' | 'missing'): void;
}

export type DeliveryStore = Pick<Store, 'lease' | 'extend' | 'settle' | 'payloads' | 'counts' | 'entry'>;

export interface DeliveryParts {
  store: DeliveryStore;
  policies: DeliveryPolicies;
  gateways: GatewayPool;
  /** Which addresses may be called, and how. */
  addresses: Omit<CallRules, 'clock'>;
  clock: Clock;
  /** Milliseconds since 1970, as the store has them. */
  wallMs: () => number;
  /** 0 ≤ random < 1 */
  random: () => number;
  log: Log;
  metrics: DeliveryMetrics;
  /** After it is durable that an invocation has ended. */
  ended: (id: string, state: 'done' | 'buried') => void;
}
