/** For tests: gateways whose requests wake one function together; the same seed gives the same times. */
import { seeded } from '#platform/testing/seeded.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { BacklogHint } from '../../peers/messages.ts';
import { SimulatedReplica } from '../../testing/simulated-gateway.ts';
import { FakeScales } from '../../testing/test-gateway.ts';
import type { Burst } from './simulated-cluster.ts';
import { type Hardware, SimulatedStarts } from './simulated-starts.ts';
import { WakingGateway, type WakingPod } from './waking-gateway.ts';

const LONGEST_BURST_MS = 60_000;

/** How one burst from zero went. */
export interface SharedOutcome {
  /** Of each request, from the burst to its answer, rising. */
  latenciesMs: number[];
  replicas: number;
}

export class SimulatedGateways {
  readonly #clock = new TestClock();
  readonly #scales = new FakeScales();
  readonly #starts: SimulatedStarts;
  readonly #random: () => number;
  readonly #burst: Burst;
  readonly #pods: WakingPod[] = [];
  readonly #orderMs: number;
  readonly #gateways: WakingGateway[];

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
      return new WakingGateway({ ...parts, send }, burst);
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
