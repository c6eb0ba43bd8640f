import { randomUUID } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { HintKinds } from '../../peers/messages.ts';
import type { Peers } from '../../peers/peers.ts';
import { ExactLimits } from './exact-limits.ts';
import type { LimitStores } from './function-limits.ts';
import { unguessable } from './key-hash.ts';
import { registerLimitMetrics } from './limit-metrics.ts';
import { RateLimiter } from './rate-limiter.ts';

/** What of the environment is about limits; config.ts says what each means. */
interface LimitConfig {
  readonly CATNAP_RATE_LIMIT_REDIS_URL?: string | undefined;
  readonly CATNAP_RATE_LIMIT_REDIS_SECRET_DIR?: string | undefined;
}

export interface RateLimitDeps {
  config: LimitConfig;
  clock: Clock;
  log: Log;
  lifecycle: Lifecycle;
  peers: Peers;
  registry: Registry;
}

/** Before the names of all keys in Redis. */
const PREFIX = 'catnap:limit:';
/** No more lines on a Redis that comes and goes. */
const LOG_PAUSE_MS = 60_000;

export async function startRateLimits(deps: RateLimitDeps): Promise<LimitStores> {
  const { clock, peers, registry } = deps;
  const limiter = new RateLimiter({
    clock,
    random: unguessable,
    name: randomUUID(),
    channel: {
      send: (hint) => peers.send('use', hint),
      alive: (from) => peers.send('alive', { from }),
      others: () => peers.others,
    },
  });
  const onUse = (hint: HintKinds['use']) => limiter.follow(hint);
  const onAlive = ({ from }: HintKinds['alive']) => limiter.heard(from);
  peers.on('use', onUse);
  peers.on('alive', onAlive);
  peers.onOpen(() => limiter.joined());
  const stores: LimitStores = { limiter, exact: await exactLimits(deps) };
  registerLimitMetrics(registry, stores);
  return stores;
}

async function exactLimits({ config, clock, log, lifecycle }: RateLimitDeps): Promise<ExactLimits | undefined> {
  const { CATNAP_RATE_LIMIT_REDIS_URL: url, CATNAP_RATE_LIMIT_REDIS_SECRET_DIR: secretDir } = config;
  if (url === undefined) return undefined;
  const { RedisConnection } = await import('./redis-client.ts');
  const redis = await RedisConnection.open({ url, secretDir });
  lifecycle.onStop('redis', () => redis[Symbol.dispose]());
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  const changed = (isUp: boolean, error?: unknown): void => {
    if (isUp) {
      log.info('rate limits are exact again: Redis answers');
      return;
    }
    if (clock.nowMs() - loggedAtMs < LOG_PAUSE_MS) return;
    loggedAtMs = clock.nowMs();
    log.warn({ err: error }, 'Redis does not answer: gateways share rate limits by what they tell each other');
  };
  return new ExactLimits({ redis, clock, prefix: PREFIX, changed });
}
