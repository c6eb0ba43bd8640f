import type { FunctionObject } from '#api/function.ts';
import type { Failure } from './failure.ts';
import { type FunctionView, keyOf, sameRoutes, viewOf } from './function-view.ts';
import type { Feed } from './replicas.ts';
import { RouteTable } from './route-table.ts';
import { Traffic, type TrafficParts } from './traffic.ts';

export interface FunctionsOptions extends TrafficParts {
  feed: Feed<FunctionObject>;
  /** Functions are at `<name>.<namespace>.<domain>`. */
  domain: string;
  clusterDomain: string;
}

/** All functions there are, each with its traffic, and the way to them. */
export class Functions implements Disposable {
  readonly #options: FunctionsOptions;
  readonly #byKey = new Map<string, Traffic>();
  readonly #stopFeed: () => void;
  #table: RouteTable<Traffic> | undefined;

  constructor(options: FunctionsOptions) {
    this.#options = options;
    options.replicas.listen((key) => this.#byKey.get(key)?.refresh());
    this.#stopFeed = options.feed.onChange(({ type, object }) => {
      const gone = type === 'deleted' || object.metadata.deletionTimestamp !== undefined;
      if (gone) this.#remove(keyOf(object.metadata.namespace, object.metadata.name));
      else this.#put(viewOf(object));
    });
  }

  /** Made anew when it is asked for after a change: a thousand changes at once cost one table. */
  get routes(): RouteTable<Traffic> {
    this.#table ??= new RouteTable(this.#entries(), this.#options.domain, this.#options.clusterDomain);
    return this.#table;
  }

  all(): Iterable<Traffic> {
    return this.#byKey.values();
  }

  /** Of the requests that wait, each gets this answer. */
  refuseWaiting(failure: Failure): void {
    for (const traffic of this.#byKey.values()) traffic.refuseWaiting(failure);
  }

  [Symbol.dispose](): void {
    this.#stopFeed();
    for (const traffic of this.#byKey.values()) traffic[Symbol.dispose]();
    this.#byKey.clear();
    this.#table = undefined;
  }

  *#entries() {
    for (const traffic of this.#byKey.values()) {
      const { namespace, name, createdAt, routes } = traffic.view;
      yield { namespace, name, createdAt, routes, target: traffic };
    }
  }

  #put(view: FunctionView): void {
    const known = this.#byKey.get(view.key);
    if (known === undefined) {
      this.#byKey.set(view.key, new Traffic(view, this.#options));
      this.#table = undefined;
      return;
    }
    if (!sameRoutes(known.view, view)) this.#table = undefined;
    known.update(view);
  }

  #remove(key: string): void {
    this.#byKey.get(key)?.[Symbol.dispose]();
    if (this.#byKey.delete(key)) this.#table = undefined;
  }
}
