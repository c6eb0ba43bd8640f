/** For tests: a gateway as far as it wakes a function; in place of the wire a simulated replica. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import type { TestClock } from '#platform/testing/test-clock.ts';
import { waitForMoreUntilMs } from '../../balancing/contention.ts';
import type { BacklogHint } from '../../peers/messages.ts';
import { FunctionBudget, ProcessBudget } from '../../queue/fair-share.ts';
import type { QueuedRequest } from '../../queue/queued-request.ts';
import { RequestQueue } from '../../queue/request-queue.ts';
import { NO_PODS } from '../../replicas/revision-health.ts';
import { type StartMark, StartTimes } from '../../replicas/start-times.ts';
import type { SimulatedReplica } from '../../testing/simulated-gateway.ts';
import type { FakeScales } from '../../testing/test-gateway.ts';
import { aReplica, type Named } from '../../testing/test-replica.ts';
import { ClusterStarts } from '../cluster-starts.ts';
import { ScaleUp } from '../scale-up.ts';
import { Waves } from '../waves.ts';
import type { Burst } from './simulated-cluster.ts';
import type { SimulatedStart } from './simulated-starts.ts';

const REF = { namespace: 'shop', revision: 'pay-1' };
const KEY = 'shop/pay';
/** One way between gateway and replica. */
const WAY_MS = 0.25;

export interface WakingPod extends SimulatedStart {
  backend: SimulatedReplica;
  isReady: boolean;
}

export interface WakingWorld {
  clock: TestClock;
  random: () => number;
  scales: FakeScales;
  pods: WakingPod[];
  /** To the other gateways. */
  send: (hint: BacklogHint) => void;
}

/** What a gateway sees of a pod. */
interface Seen {
  pod: WakingPod;
  replica: Named;
  sinceMs: number;
  mark: StartMark;
  answeredAtMs: number | undefined;
}

/** Its own queue, plan, scale and learning. */
export class WakingGateway {
  readonly waves: Waves;
  readonly latenciesMs: number[] = [];
  readonly #world: WakingWorld;
  readonly #burst: Burst;
  readonly #scaleUp: ScaleUp;
  readonly #starts = new ClusterStarts();
  readonly #times = new StartTimes(0);
  readonly #queue: RequestQueue<Named>;
  readonly #seen: Seen[] = [];

  constructor(world: WakingWorld, burst: Burst) {
    this.#world = world;
    this.#burst = burst;
    const { clock, random, send } = world;
    this.#scaleUp = new ScaleUp(world.scales, clock, pino({ level: 'silent' }));
    const look = () => this.#queue.waiting > 0 && this.#plan();
    this.waves = new Waves({ clock, scaleUp: this.#scaleUp, starts: this.#starts, send, look });
    const budget = new FunctionBudget(new ProcessBudget({ requests: 1e9, bytes: 1e9 }));
    const noneWaiting = () => {
      this.waves.rest();
      this.#scaleUp.enough(REF);
    };
    const hooks = { waiting: () => this.#plan(), noneWaiting, refuse: () => assert.fail() };
    const limits = { limit: burst.perReplica, queueSize: 1_000, queueMaxBytes: 0, queueTimeoutMs: 1e9 };
    this.#queue = new RequestQueue<Named>(limits, { clock, random, budget, hooks });
  }

  hear(hint: BacklogHint): void {
    this.waves.take(hint);
    if (this.#queue.waiting > 0) this.#plan();
  }

  /** Sees pods that are new or answer now, as its watch and its probes do. */
  look(): void {
    const { pods, clock } = this.#world;
    const nowMs = clock.nowMs();
    let isNews = pods.length > this.#seen.length;
    for (const pod of pods.slice(this.#seen.length)) {
      const replica = aReplica(String(this.#seen.length));
      this.#seen.push({ pod, replica, sinceMs: nowMs, mark: this.#times.begin(nowMs), answeredAtMs: undefined });
    }
    for (const seen of this.#seen) {
      if (!seen.pod.isReady || seen.answeredAtMs !== undefined) continue;
      seen.answeredAtMs = nowMs;
      const sample = this.#times.end(seen.mark, nowMs);
      if (sample !== undefined) this.waves.started(sample);
      isNews = true;
    }
    if (isNews) this.#serve();
  }

  ask(requests: number): void {
    for (let n = 0; n < requests; n += 1) this.#ask();
  }

  /** All pods are gone. */
  sleep(): void {
    for (const { mark } of this.#seen.splice(0)) this.#times.end(mark, this.#world.clock.nowMs());
    this.latenciesMs.length = 0;
    this.#queue.setReplicas([]);
  }

  #serve(): void {
    const answering = this.#seen.filter(({ answeredAtMs }) => answeredAtMs !== undefined);
    const coming = this.#seen.length - answering.length + this.#scaleUp.unseen(REF, this.#seen.length);
    const moreUntilMs = waitForMoreUntilMs(answering, coming, this.waves.requestMs);
    this.#queue.setReplicas(
      answering.map(({ replica }) => replica),
      moreUntilMs,
    );
    if (this.#queue.waiting > 0) this.#plan();
  }

  #plan(): void {
    const { perReplica, maxReplicas } = this.#burst;
    const starting = this.#seen.filter(({ answeredAtMs }) => answeredAtMs === undefined);
    const health = {
      ...NO_PODS,
      pods: this.#seen.length,
      answering: this.#seen.filter((seen) => !starting.includes(seen)).map(({ replica }) => replica as never),
      startingSinceMs: starting.map(({ sinceMs }) => sinceMs),
    };
    const need = this.waves.want({ key: KEY, ref: REF, demand: this.#queue, health, perReplica, maxReplicas });
    if (need !== undefined) this.#scaleUp.raise(REF, need, health.pods === 0);
  }

  #ask(): void {
    const { clock } = this.#world;
    const request: QueuedRequest<Named> = {
      enteredAtMs: clock.nowMs(),
      heldBytes: 0,
      waitMs: 0,
      refuse: () => assert.fail(),
      admit: (replica) => {
        const admittedAtMs = clock.nowMs();
        const { waitMs } = request;
        const done = () => {
          this.latenciesMs.push(clock.nowMs() - request.enteredAtMs);
          this.waves.served(clock.nowMs() - admittedAtMs, waitMs);
          this.#queue.finish(replica);
        };
        const refused = () => void this.#queue.giveBack(request, replica, true);
        const backend = this.#seen[Number(replica.name)]?.pod.backend;
        clock.after(WAY_MS, () => backend?.take({ waitMs, done, refused }));
      },
    };
    this.#queue.enter(request);
  }
}
