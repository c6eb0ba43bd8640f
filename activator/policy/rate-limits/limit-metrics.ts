import { Counter, Gauge, type Registry } from 'prom-client';

/** What is counted of the limits of all functions. */
interface LimitFigures {
  readonly limiter: { readonly keys: number; readonly isWhole: boolean; readonly untold: number };
  /** Undefined: no Redis keeps them. */
  readonly exact: { readonly isUp: boolean; readonly fallbacks: number } | undefined;
}

export function registerLimitMetrics(registry: Registry, { limiter, exact }: LimitFigures): void {
  const registers = [registry];
  new Gauge({
    name: 'catnap_activator_rate_limit_keys',
    help: 'Clients, callers and values that are remembered for rate limits, of a million at the most.',
    registers,
    collect() {
      this.set(limiter.keys);
    },
  });
  new Gauge({
    name: 'catnap_activator_rate_limit_shared',
    help: '1: each other gateway is heard, or known to be gone, so that limits hold over all. 0: each keeps to the share that it had.',
    registers,
    collect() {
      this.set(limiter.isWhole ? 1 : 0);
    },
  });
  new Counter({
    name: 'catnap_activator_rate_limit_untold_total',
    help: 'Requests of more keys than other gateways can be told of; each gateway may let them through once more.',
    registers,
    collect() {
      this.reset();
      this.inc(limiter.untold);
    },
  });
  if (exact === undefined) return;
  new Gauge({
    name: 'catnap_activator_rate_limit_redis_up',
    help: 'Whether the Redis that limits are kept in answers in time.',
    registers,
    collect() {
      this.set(exact.isUp ? 1 : 0);
    },
  });
  new Counter({
    name: 'catnap_activator_rate_limit_redis_fallbacks_total',
    help: 'Requests whose limits were judged without that Redis, by what gateways tell each other.',
    registers,
    collect() {
      this.reset();
      this.inc(exact.fallbacks);
    },
  });
}
