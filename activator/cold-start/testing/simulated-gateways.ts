/** For tests: gateways whose requests wake one function together; the same seed gives the same times. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { seeded } from '#platform/testing/seeded.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { waitForMoreUntilMs } from '../../balancing/contention.ts';
import type { BacklogHint } from '../../peers/messages.ts';
import { FunctionBudget, ProcessBudget } from '../../queue/fair-share.ts';
import type { QueuedRequest } from '../../queue/queued-request.ts';
import { RequestQueue } from '../../queue/request-queue.ts';
import { NO_PODS } from '../../replicas/revision-health.ts';
import { type StartMark, StartTimes } from '../../replicas/start-times.ts';
import { SimulatedReplica } from '../../testing/simulated-gateway.ts';
import { FakeScales } from '../../testing/test-gateway.ts';
import { aReplica, type Named } from '../../testing/test-replica.ts';
import { ClusterStarts } from '../cluster-starts.ts';
import { ScaleUp } from '../scale-up.ts';
import { Waves } from '../waves.ts';
import type { Burst } from './simulated-cluster.ts';
import { type Hardware, type SimulatedStart, SimulatedStarts } from './simulated-starts.ts';

const REF = { namespace: 'shop', revision: 'pay-1' };
const KEY = 'shop/pay';
const LONGEST_BURST_MS = 60_000;
/** One way between gateway and replica. */
const WAY_MS = 0.25;

interface Pod extends SimulatedStart {
  backend: SimulatedReplica;
  isReady: boolean;
}

/** How one burst from zero went. */
export interface SharedOutcome {
  /** Of each request, from the burst to its answer, rising. */
  latenciesMs: number[];
  replicas: number;
}

interface World {
  clock: TestClock;
  random: () => number;
  scales: FakeScales;
  pods: Pod[];
  /** To the other gateways. */
  send: (hint: BacklogHint) => void;
}

/** What a gateway sees of a pod. */
interface Seen {
  pod: Pod;
  replica: Named;
  sinceMs: number;
  mark: StartMark;
  answeredAtMs: number | undefined;
}

/** The gateway's own queue, plan, scale and learning; in place of the wire a simulated replica. */
class Gateway {
  readonly waves: Waves;
  readonly latenciesMs: number[] = [];
  readonly #world: World;
  readonly #burst: Burst;
  readonly #scaleUp: ScaleUp;
  readonly #starts = new ClusterStarts();
  readonly #times = new StartTimes(0);
  readonly #queue: RequestQueue<Named>;
  readonly #seen: Seen[] = [];

  constructor(world: World, burst: Burst) {
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
        const { backend } = this.#seen[Number(replica.name)]?.pod as Pod;
        clock.after(WAY_MS, () => backend.take({ waitMs, done, refused }));
      },
    };
    this.#queue.enter(request);
  }
}

export class SimulatedGateways {
  readonly #clock = new TestClock();
  readonly #scales = new FakeScales();
  readonly #starts: SimulatedStarts;
  readonly #random: () => number;
  readonly #burst: Burst;
  readonly #pods: Pod[] = [];
  readonly #orderMs: number;
  readonly #gateways: Gateway[];

  /** @param hintMs how long hints are under way at most, in milliseconds. */
  constructor(
    hardware: Hardware,
    burst: Burst,
    { gateways, hintMs, seed }: { gateways: number; hintMs: number; seed: number },
  ) {
    this.#random = seeded(seed);
    this.#orderMs = hardware.orderMs;
    this.#starts = new SimulatedStarts({ ...hardware, orderMs: 0 }, this.#random);
    this.#burst = burst;
    this.#scales.onScale = (_, replicas) => this.#clock.after(this.#orderMs, () => this.#order(replicas));
    this.#clock.advance(1_000);
    const parts = { clock: this.#clock, random: this.#random, scales: this.#scales, pods: this.#pods };
    this.#gateways = Array.from({ length: gateways }, (_, index) => {
      const send = (hint: BacklogHint) => {
        for (const [other, gateway] of this.#gateways.entries()) {
          if (other === index) continue;
          this.#clock.after(hintMs * this.#random(), () => gateway.hear({ ...hint, from: `gateway-${index}` }));
        }
      };
      return new Gateway({ ...parts, send }, burst);
    });
  }

  /** @param of how many of the gateways get a share. */
  async burst(of = this.#gateways.length): Promise<SharedOutcome> {
    const asked = this.#gateways.slice(0, of);
    const { requests } = this.#burst;
    for (const [index, gateway] of asked.entries()) gateway.ask(Math.floor((requests + index) / of));
    const answered = () => asked.reduce((sum, { latenciesMs }) => sum + latenciesMs.length, 0);
    for (let ms = 0; ms < LONGEST_BURST_MS && answered() < requests; ms += 1) await this.#step();
    const latenciesMs = asked.flatMap((gateway) => gateway.latenciesMs).toSorted((a, b) => a - b);
    const replicas = this.#pods.length;
    await this.#sleep();
    return { latenciesMs, replicas };
  }

  async #step(): Promise<void> {
    this.#clock.advance(1);
    for (const pod of this.#starts.step(this.#pods.filter(({ isReady }) => !isReady))) pod.isReady = true;
    for (const gateway of this.#gateways) gateway.look();
    // Of the scale, which answers at once.
    for (let n = 0; n < 8; n += 1) await undefined;
  }

  #order(replicas: number): void {
    const { perReplica, requestMs } = this.#burst;
    while (this.#pods.length < replicas) {
      const backend = new SimulatedReplica(this.#clock, perReplica, requestMs * (1 + 0.1 * this.#random()));
      this.#pods.push({ ...this.#starts.order(this.#pods.length), backend, isReady: false });
    }
  }

  /** For a minute. */
  async #sleep(): Promise<void> {
    for (let n = 0; n < 60; n += 1) {
      this.#clock.advance(1_000);
      for (let m = 0; m < 8; m += 1) await undefined;
    }
    this.#pods.length = 0;
    this.#scales.replicas.clear();
    for (const gateway of this.#gateways) gateway.sleep();
    this.#publish();
  }

  /** By the status each gateway hears what others have learned, in the mean. */
  #publish(): void {
    const mean = (of: 'startMs' | 'requestMs') => {
      const known = this.#gateways.flatMap(({ waves }) => waves[of] ?? []);
      return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0) / known.length;
    };
    const learned = { startMs: mean('startMs'), requestMs: mean('requestMs') };
    for (const { waves } of this.#gateways) waves.remember(learned);
  }
}
