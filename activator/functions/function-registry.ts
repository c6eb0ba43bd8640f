import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { HostTemplate } from '#api/rules/host-template.ts';
import { ClusterStarts } from '../cold-start/cluster-starts.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { guarded } from '../errors/guarded-entries.ts';
import type { BacklogHint } from '../peers/messages.ts';
import { noIssuers } from '../policy/access/no-issuers.ts';
import type { LimitStores } from '../policy/rate-limits/function-limits.ts';
import { ownLimits } from '../policy/rate-limits/own-limits.ts';
import type { Change, Feed } from '../replicas/feed.ts';
import { type FunctionConfig, functionConfig, sameRoutes } from '../routing/function-config.ts';
import { type RouteEntry, RouteTable } from '../routing/route-table.ts';
import { ColdStarts } from '../telemetry/cold-start-metrics.ts';
import { FunctionCounters } from '../telemetry/function-counters.ts';
import { FunctionTraffic, type FunctionTrafficParts } from './function-traffic.ts';
import type { Target } from './target.ts';

export interface FunctionRegistryOptions
  extends Omit<FunctionTrafficParts, 'coldStarts' | 'starts' | 'sendBacklog' | 'rateLimits' | 'tokens'> {
  /** Absent: there are no other gateways. */
  sendBacklog?: FunctionTrafficParts['sendBacklog'];
  /** Absent: this gateway keeps the limits by itself. */
  rateLimits?: FunctionTrafficParts['rateLimits'];
  /** Absent: no issuer is asked for keys. */
  tokens?: FunctionTrafficParts['tokens'];
  feed: Feed<FunctionObject>;
  template: HostTemplate;
  clusterDomain: string;
}

/** All functions there are, each with its traffic, and the way to them. */
export class FunctionRegistry implements Disposable {
  readonly coldStarts = new ColdStarts();
  readonly starts = new ClusterStarts();
  /** Of requests for which no function was found. */
  readonly unrouted = new FunctionCounters(this.coldStarts);
  readonly rateLimits: LimitStores;
  readonly #parts: FunctionTrafficParts;
  readonly #byKey = new Map<string, FunctionTraffic>();
  readonly #stopFeed: () => void;
  readonly #table: RouteTable<Target>;

  constructor(options: FunctionRegistryOptions) {
    this.rateLimits = options.rateLimits ?? ownLimits(options.clock);
    const { coldStarts, starts, rateLimits } = this;
    const tokens = options.tokens ?? noIssuers(() => options.clock.nowMs());
    this.#parts = { sendBacklog: () => undefined, ...options, coldStarts, starts, rateLimits, tokens };
    const { replicas } = options;
    this.#table = new RouteTable([], options.template, options.clusterDomain);
    replicas.listen((key) => this.#byKey.get(key)?.refresh());
    replicas.onStart((key, sample) => this.#byKey.get(key)?.started(sample));
    this.#stopFeed = options.feed.onChange(
      guarded('function change', ({ type, object }: Change<FunctionObject>) => {
        const gone = type === 'deleted' || object.metadata.deletionTimestamp !== undefined;
        if (gone) this.#remove(functionKey(object.metadata.namespace, object.metadata.name));
        else this.#put(functionConfig(object));
      }),
    );
  }

  /** Changed in place: the cost of a change does not depend on the number of functions. */
  get routes(): RouteTable<Target> {
    return this.#table;
  }

  /** @param key `<namespace>/<name>` */
  config(key: string): FunctionConfig | undefined {
    return this.#byKey.get(key)?.config;
  }

  /** @param key `<namespace>/<name>` */
  find(key: string): FunctionTraffic | undefined {
    return this.#byKey.get(key);
  }

  all(): Iterable<FunctionTraffic> {
    return this.#byKey.values();
  }

  /** How much waits at another gateway. False: it had no effect. */
  followBacklog(hint: BacklogHint): boolean {
    return this.#byKey.get(hint.function)?.followBacklog(hint) ?? false;
  }

  /** Refuses all requests that wait. */
  refuseWaiting(failure: GatewayError): void {
    for (const traffic of this.#byKey.values()) traffic.refuseWaiting(failure);
  }

  [Symbol.dispose](): void {
    this.#stopFeed();
    for (const traffic of this.#byKey.values()) traffic[Symbol.dispose]();
    this.#byKey.clear();
    this.rateLimits.limiter[Symbol.dispose]();
  }

  #put(config: FunctionConfig): void {
    const known = this.#byKey.get(config.key);
    if (known === undefined) {
      const traffic = new FunctionTraffic(config, this.#parts);
      this.#byKey.set(config.key, traffic);
      this.#table.add(entryOf(traffic));
      return;
    }
    const moved = !sameRoutes(known.config, config);
    if (moved) this.#table.remove(entryOf(known));
    known.update(config);
    if (moved) this.#table.add(entryOf(known));
  }

  #remove(key: string): void {
    const known = this.#byKey.get(key);
    if (known === undefined) return;
    this.#byKey.delete(key);
    this.#table.remove(entryOf(known));
    known[Symbol.dispose]();
  }
}

function entryOf(traffic: FunctionTraffic): RouteEntry<FunctionTraffic> {
  const { namespace, name, routes } = traffic.config;
  return { namespace, name, routes, target: traffic };
}
