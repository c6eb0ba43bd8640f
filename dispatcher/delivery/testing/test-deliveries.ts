import { ReachableAddresses } from '#platform/addresses/reachable-addresses.ts';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import { type AsyncPolicy, asyncPolicy } from '../../functions/async-policy.ts';
import { DEFAULT_LIMITS, type Immediate, type NewEntry, type Store } from '../../store/store.ts';
import { ModelStore } from '../../store/testing/model-store.ts';
import { Deliveries } from '../deliveries.ts';
import type { Came, DeliveryParts, DeliveryStore } from '../delivery-parts.ts';
import { GatewayPool } from '../gateway-pool.ts';
import { FakeGateway, type Handle } from './fake-gateway.ts';

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** A store in memory, its functions, and the clock of both. What is changed of `policies` counts from then on. */
export class TestSystem {
  readonly clock = new TestClock();
  readonly policies = new Map<string, AsyncPolicy>();
  readonly model: ModelStore;
  /** The same as a store that waits for a disk. Tests put their own calls in the place of some. */
  readonly store: DeliveryStore;
  #ids = 0;

  constructor() {
    this.model = new ModelStore({ limits: DEFAULT_LIMITS, nowMs: this.wallMs });
    this.store = waiting(this.model);
  }

  readonly wallMs = (): number => EPOCH_MS + this.clock.nowMs();

  function(uid: string, change: Partial<AsyncPolicy> = {}): void {
    this.policies.set(uid, { ...asyncPolicy({ uid, namespace: 'one', name: uid }), ...change });
  }

  /** Returns the ids. */
  enqueue(uid: string, count = 1, change: Partial<NewEntry> = {}): string[] {
    const entries = Array.from({ length: count }, () => {
      this.#ids += 1;
      const id = `${uid}-${this.#ids}`;
      return {
        id,
        owner: { uid, namespace: 'one', name: uid },
        head: Buffer.from('{}'),
        body: Buffer.from(id),
        ...change,
      };
    });
    for (const { outcome } of this.model.enqueue(entries)) if (outcome !== 'accepted') throw new Error(outcome);
    return entries.map(({ id }) => id);
  }

  state(id: string | undefined) {
    return this.model.entry(id ?? '')?.state;
  }
}

/** What a dispatcher's process has for deliveries. */
export class TestDispatcher implements AsyncDisposable {
  readonly system: TestSystem;
  readonly pool: GatewayPool;
  readonly deliveries: Deliveries;
  readonly ended: [id: string, state: string][] = [];
  readonly came: Came[] = [];
  readonly told: [when: string, came: string][] = [];
  leasesLost = 0;

  constructor(
    system: TestSystem,
    gateways: readonly FakeGateway[],
    addresses: Partial<DeliveryParts['addresses']> = {},
  ) {
    this.system = system;
    const { clock, wallMs, policies, store } = system;
    this.pool = new GatewayPool({ clock });
    this.list(...gateways);
    this.deliveries = new Deliveries({
      ...{ store, clock, wallMs, log: silentLog, random: () => 0.5, gateways: this.pool },
      addresses: { addresses: new ReachableAddresses(['127.0.0.0/8']), allowHttp: true, ...addresses },
      policies: {
        of: (uid) => policies.get(uid),
        uidOf: (_, name) => (policies.has(name) ? name : undefined),
      },
      metrics: {
        delivered: (_, came) => void this.came.push(came),
        waited: () => undefined,
        told: (_, when, came) => void this.told.push([when, came]),
        leaseLost: () => {
          this.leasesLost += 1;
        },
      },
      ended: (id, state) => void this.ended.push([id, state]),
    });
  }

  /** The gateways that there are now. */
  list(...gateways: readonly FakeGateway[]): void {
    this.pool.set(gateways.map(({ url }) => ({ url, ready: true })));
  }

  /** Resolves once all of them have come to that; lets so much time pass at each look. */
  async become(ids: readonly string[], state: string, advanceMs = 0): Promise<void> {
    await until(
      () => {
        this.system.clock.advance(advanceMs);
        return ids.every((id) => this.system.state(id) === state);
      },
      `${ids.join(', ')}: ${state}`,
      10_000,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.deliveries[Symbol.asyncDispose]();
    await closing;
    this.pool[Symbol.dispose]();
  }
}

/** Gateways that handle so, a dispatcher that knows them, and a function `a` of short backoff. All end together. */
export async function startDispatcher(handle: Handle, count = 1) {
  const stack = new AsyncDisposableStack();
  const system = new TestSystem();
  const gateways: FakeGateway[] = [];
  for (let number = 0; number < count; number += 1) gateways.push(stack.use(await FakeGateway.start(handle)));
  const dispatcher = stack.use(new TestDispatcher(system, gateways));
  system.function('a', { minBackoffMs: 1_000, maxBackoffMs: 1_000 });
  const [gateway] = gateways as [FakeGateway];
  return { system, gateway, gateways, dispatcher, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function waiting(model: Immediate<Store>): DeliveryStore {
  return {
    lease: async (...args) => model.lease(...args),
    extend: async (...args) => model.extend(...args),
    settle: async (...args) => model.settle(...args),
    payloads: async (...args) => model.payloads(...args),
    counts: async (...args) => model.counts(...args),
    entry: async (...args) => model.entry(...args),
  };
}
