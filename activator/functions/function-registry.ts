import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { HostTemplate } from '#api/rules/host-template.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { guarded } from '../errors/guarded-entries.ts';
import type { BacklogHint } from '../peers/messages.ts';
import type { Target } from '../proxy/target.ts';
import type { Change, Feed } from '../replicas/replica-registry.ts';
import { type FunctionConfig, functionConfig, sameRoutes } from '../routing/function-config.ts';
import { type RouteEntry, RouteTable } from '../routing/route-table.ts';
import { ColdStarts } from '../telemetry/cold-start-metrics.ts';
import { FunctionCounters } from '../telemetry/function-counters.ts';
import { FunctionTraffic, type FunctionTrafficParts } from './function-traffic.ts';

export interface FunctionRegistryOptions extends Omit<FunctionTrafficParts, 'coldStarts' | 'tellBacklog'> {
  /** Absent: there are no other gateways. */
  tellBacklog?: FunctionTrafficParts['tellBacklog'];
  feed: Feed<FunctionObject>;
  template: HostTemplate;
  clusterDomain: string;
}

/** All functions there are, each with its traffic, and the way to them. */
export class FunctionRegistry implements Disposable {
  readonly coldStarts = new ColdStarts();
  /** Of requests for which no function was found. */
  readonly unrouted = new FunctionCounters(this.coldStarts);
  readonly #parts: FunctionTrafficParts;
  readonly #byKey = new Map<string, FunctionTraffic>();
  readonly #stopFeed: () => void;
  readonly #table: RouteTable<Target>;

  constructor(options: FunctionRegistryOptions) {
    this.#parts = { tellBacklog: () => undefined, ...options, coldStarts: this.coldStarts };
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

  /** Changed in place: each change costs what the changed function does, however many there are. */
  get routes(): RouteTable<Target> {
    return this.#table;
  }

  /** @param key `<namespace>/<name>` */
  view(key: string): FunctionConfig | undefined {
    return this.#byKey.get(key)?.view;
  }

  all(): Iterable<FunctionTraffic> {
    return this.#byKey.values();
  }

  /** How much waits at another gateway. False: nothing comes of it. */
  followBacklog(hint: BacklogHint): boolean {
    return this.#byKey.get(hint.function)?.followBacklog(hint) ?? false;
  }

  /** Of the requests that wait, each gets this answer. */
  refuseWaiting(failure: GatewayError): void {
    for (const traffic of this.#byKey.values()) traffic.refuseWaiting(failure);
  }

  [Symbol.dispose](): void {
    this.#stopFeed();
    for (const traffic of this.#byKey.values()) traffic[Symbol.dispose]();
    this.#byKey.clear();
  }

  #put(view: FunctionConfig): void {
    const known = this.#byKey.get(view.key);
    if (known === undefined) {
      const traffic = new FunctionTraffic(view, this.#parts);
      this.#byKey.set(view.key, traffic);
      this.#table.add(entryOf(traffic));
      return;
    }
    const moved = !sameRoutes(known.view, view);
    if (moved) this.#table.remove(entryOf(known));
    known.update(view);
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
  const { namespace, name, routes } = traffic.view;
  return { namespace, name, routes, target: traffic };
}
