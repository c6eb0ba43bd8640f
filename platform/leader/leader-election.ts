import { isAlreadyExists, isConflict, isNotFound, KubeError } from '../kube/error.ts';
import type { WriteGate } from '../kube/write-gate.ts';
import type { Log } from '../process/log.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import {
  holderOf,
  type LeaseSpec,
  type LeaseStep,
  leaseStep,
  releasedSpec,
  type Sighting,
  sight,
} from './lease-record.ts';
import type { LeaseStore } from './lease-store.ts';

/** All in milliseconds. */
interface LeaderTiming {
  /** How long others respect a record that does not change. */
  leaseMs: number;
  /** How long the leader goes on without having renewed its record; the rest of `leaseMs` is the margin. */
  renewDeadlineMs: number;
  /** From the sending of one renewal to the next, and after a failure, where up to 1.2 times as much is added at random. */
  retryMs: number;
}

interface LeaderOptions {
  store: LeaseStore;
  /** What it writes into the lease; no two candidates that run have the same. */
  identity: string;
  log: Log;
  /** Called once, when leadership is lost; by then the gate is closed. */
  onLost: (error: Error) => void;
  timing?: LeaderTiming;
  clock?: Clock;
  /** Milliseconds since 1970; default: the time of day. */
  wallMs?: () => number;
  /** 0 ≤ x < 1. */
  random?: () => number;
}

const TIMING: LeaderTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
const JITTER = 1.2;
/**
 * The part of `renewDeadlineMs` that one call may take. One that is lost leaves time for another, which may take as long as three
 * tenths of it: the next is sent as soon as the lost one is given up, if its pause is over by then.
 */
const CALL_PART = 0.4;
/** What is left of the margin for a timer that fires late and for clocks that run at different speeds. */
const MARGIN_KEPT = 0.2;
const RELEASE_MS = 3_000;

/**
 * Stands for election until it leads or is disposed, and leads until it is disposed or cannot renew its lease in time.
 *
 * As the gate of a KubeClient it keeps two leaders from writing at once. The leader counts from the moment t at which it
 * *sent* its last successful renewal, so no other sees that renewal earlier and none takes over before t + leaseMs. No
 * write begins after t + renewDeadlineMs: the clock is asked right before each one is sent, because after a pause of the
 * whole process a timer comes too late. One that is under way then is given up here; at the API server, which may have
 * it already, it ends within writeMs, less than leaseMs - renewDeadlineMs, because that is its `timeout` parameter.
 * Both together end before t + leaseMs. What is left are bytes that the network or a stopped process held back for
 * longer: against these only resourceVersions help, which the writes that matter carry.
 */
export class LeaderElection implements AsyncDisposable, WriteGate {
  /** Resolves when this process leads; stays pending when it never does. */
  readonly elected: Promise<void>;
  readonly writeMs: number;
  readonly #options: LeaderOptions;
  readonly #timing: LeaderTiming;
  readonly #clock: Clock;
  readonly #wallMs: () => number;
  readonly #stop = new AbortController();
  readonly #lost = new AbortController();
  readonly #unfollow: () => void;
  readonly #loop: Promise<void>;
  #markElected: () => void = () => undefined;
  #sighting: Sighting | undefined;
  /** Undefined before it leads. */
  #leadsUntilMs: number | undefined;
  #cancelDeadline: () => void = () => undefined;
  #endPause: () => void = () => undefined;

  /** Starts at once. */
  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#timing = options.timing ?? TIMING;
    this.#clock = options.clock ?? systemClock;
    this.#wallMs = options.wallMs ?? Date.now;
    const { leaseMs, renewDeadlineMs } = this.#timing;
    this.writeMs = (leaseMs - renewDeadlineMs) * (1 - MARGIN_KEPT);
    this.elected = new Promise((resolve) => {
      this.#markElected = resolve;
    });
    this.#unfollow = options.store.follow((lease) => {
      this.#see(sight(this.#sighting, lease, this.#clock.nowMs()));
      if (this.#leadsUntilMs === undefined) this.#endPause();
    });
    this.#loop = this.#run();
  }

  /** Whether it leads at this moment. */
  get leading(): boolean {
    const ended = this.#stop.signal.aborted || this.#lost.signal.aborted;
    return !ended && this.#leadsUntilMs !== undefined && this.#clock.nowMs() < this.#leadsUntilMs;
  }

  get closed(): AbortSignal {
    return this.#lost.signal;
  }

  check(): void {
    if (this.leading) return;
    if (this.#leadsUntilMs !== undefined && !this.#stop.signal.aborted) this.#lose('it was not renewed in time');
    this.#lost.signal.throwIfAborted();
    throw new KubeError(0, 'NotLeader', `not written: ${this.#options.identity} does not lead`);
  }

  /** Gives the lease back, so that the next one need not wait. All that it guards must have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    const leads = this.leading;
    this.#stop.abort();
    this.#cancelDeadline();
    this.#endPause();
    await this.#loop;
    this.#unfollow();
    if (leads) await this.#release();
  }

  async #run(): Promise<void> {
    await Promise.race([this.#options.store.synced, this.#ended()]);
    while (!this.#stop.signal.aborted && !this.#lost.signal.aborted) {
      const nowMs = this.#clock.nowMs();
      const candidate = { identity: this.#options.identity, leaseMs: this.#timing.leaseMs };
      const step = leaseStep(this.#sighting, candidate, { nowMs, wallMs: this.#wallMs() });
      await this.#pause(step.kind === 'wait' ? step.untilMs - nowMs : await this.#write(step));
    }
  }

  #ended(): Promise<void> {
    return new Promise((resolve) => this.#stop.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Until then, or until the lease has changed, when it is another's. */
  #pause(delayMs: number): Promise<void> {
    if (this.#stop.signal.aborted || this.#lost.signal.aborted || delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(delayMs, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  /** How long to wait before the next step, in milliseconds. Never rejects. */
  async #write({ spec, onto }: Extract<LeaseStep, { kind: 'write' }>): Promise<number> {
    const { store, log, identity, random = Math.random } = this.#options;
    const { renewDeadlineMs, retryMs } = this.#timing;
    const limits = { signal: this.#stop.signal, deadlineMs: renewDeadlineMs * CALL_PART };
    const sentAtMs = this.#clock.nowMs();
    const leftOf = (pauseMs: number) => Math.max(0, sentAtMs + pauseMs - this.#clock.nowMs());
    try {
      const lease = await store.write(spec, onto, limits);
      this.#sighting = sight(this.#sighting, lease, this.#clock.nowMs());
      this.#renewed(sentAtMs);
      return leftOf(retryMs);
    } catch (error) {
      if (this.#stop.signal.aborted) return 0;
      log.warn({ identity, err: error }, 'lease not written');
      if (isOvertaken(error) && (await this.#look())) return 0;
      return leftOf(retryMs * (1 + random() * JITTER));
    }
  }

  /** Reads the lease itself, whatever a watch has told. Whether that could be done. */
  async #look(): Promise<boolean> {
    const { store, log } = this.#options;
    const limits = { signal: this.#stop.signal, deadlineMs: this.#timing.renewDeadlineMs * CALL_PART };
    try {
      this.#see(sight(this.#sighting, await store.read(limits), this.#clock.nowMs()));
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) log.warn({ err: error }, 'lease not read');
      return false;
    }
  }

  #see(sighting: Sighting | undefined): void {
    this.#sighting = sighting;
    const holder = holderOf(sighting);
    if (this.#leadsUntilMs === undefined || holder === this.#options.identity) return;
    this.#lose(holder === '' ? 'somebody took it away' : `${holder} has it`);
  }

  #renewed(sentAtMs: number): void {
    const untilMs = sentAtMs + this.#timing.renewDeadlineMs;
    const leftMs = untilMs - this.#clock.nowMs();
    if (leftMs <= 0 || this.#lost.signal.aborted) return;
    const first = this.#leadsUntilMs === undefined;
    this.#leadsUntilMs = untilMs;
    this.#cancelDeadline();
    this.#cancelDeadline = this.#clock.after(leftMs, () => this.#lose('it was not renewed in time'));
    if (!first) return;
    this.#options.log.info({ identity: this.#options.identity }, 'leading');
    this.#markElected();
  }

  #lose(why: string): void {
    if (this.#lost.signal.aborted || this.#stop.signal.aborted) return;
    this.#cancelDeadline();
    const error = new KubeError(0, 'NotLeader', `${this.#options.identity} leads no longer: of the lease, ${why}`);
    this.#lost.abort(error);
    this.#endPause();
    this.#options.onLost(error);
  }

  /** Never rejects: the next leader then waits until the record is old enough. */
  async #release(): Promise<void> {
    const { store, log, identity } = this.#options;
    const limits = { signal: AbortSignal.timeout(RELEASE_MS), deadlineMs: RELEASE_MS };
    const write = (spec: LeaseSpec | undefined) =>
      store.write(releasedSpec(spec, this.#wallMs()), this.#sighting?.lease, limits);
    try {
      await write(this.#sighting?.lease.spec).catch(async (error: unknown) => {
        if (!isConflict(error)) throw error;
        // A renewal that was broken off on the way down arrived all the same.
        this.#sighting = sight(this.#sighting, await store.read(limits), this.#clock.nowMs());
        if (holderOf(this.#sighting) === identity) await write(this.#sighting?.lease.spec);
      });
      log.info({ identity }, 'lease released');
    } catch (error) {
      log.warn({ identity, err: error }, 'lease not released');
    }
  }
}

/** Optimistic locking: another candidate wrote, made or removed it meanwhile. */
function isOvertaken(error: unknown): boolean {
  return isConflict(error) || isAlreadyExists(error) || isNotFound(error);
}
