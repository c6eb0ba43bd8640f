/** For tests: gateways that share replicas, on a clock of the test's. */
import assert from 'node:assert/strict';
import type { TestClock } from '#platform/testing/test-clock.ts';
import { FunctionBudget, ProcessBudget } from '../queue/fair-share.ts';
import type { QueuedRequest } from '../queue/queued-request.ts';
import { RequestQueue } from '../queue/request-queue.ts';
import { aReplica, type Named } from './test-replica.ts';

/** One way between gateway and replica. */
const WAY_MS = 0.25;

interface Sent {
  waitMs: number;
  done(): void;
  refused(): void;
}

/** A replica as the runtime behaves: so many at once, the others turned away or held in order of arrival. */
export class SimulatedReplica {
  readonly #clock: TestClock;
  readonly #limit: number;
  readonly #serviceMs: number;
  readonly #held: { sent: Sent; cancel: () => void }[] = [];
  #running = 0;
  most = 0;
  refusals = 0;

  constructor(clock: TestClock, limit: number, serviceMs: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#serviceMs = serviceMs;
  }

  take(sent: Sent): void {
    if (this.#running < this.#limit) this.#run(sent);
    else if (sent.waitMs === 0) this.#refuse(sent);
    else this.#hold(sent);
  }

  #hold(sent: Sent): void {
    const entry = { sent, cancel: this.#clock.after(sent.waitMs, () => this.#giveUp(entry)) };
    this.#held.push(entry);
  }

  #giveUp(entry: { sent: Sent; cancel: () => void }): void {
    this.#held.splice(this.#held.indexOf(entry), 1);
    this.#refuse(entry.sent);
  }

  #refuse(sent: Sent): void {
    this.refusals += 1;
    this.#clock.after(WAY_MS, () => sent.refused());
  }

  #run(sent: Sent): void {
    this.#running += 1;
    this.most = Math.max(this.most, this.#running);
    this.#clock.after(this.#serviceMs, () => {
      this.#running -= 1;
      const next = this.#held.shift();
      next?.cancel();
      if (next !== undefined) this.#run(next.sent);
      this.#clock.after(WAY_MS, () => sent.done());
    });
  }
}

export interface GatewayParts {
  clock: TestClock;
  replicas: readonly SimulatedReplica[];
  limit: number;
  random: () => number;
  /** Its clients ask again as soon as they are answered. */
  asksAgain: boolean;
}

/** A gateway with its clients; it sees some of the replicas. */
export class SimulatedGateway {
  readonly #parts: GatewayParts;
  readonly #gate: RequestQueue<Named>;
  readonly #seats: Named[] = [];
  answered = 0;
  answeredAtMs = 0;
  longestWaitMs = 0;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    const { clock, random, limit } = parts;
    const budget = new FunctionBudget(new ProcessBudget({ requests: 1e9, bytes: 1e9 }));
    const hooks = { waiting: () => undefined, noneWaiting: () => undefined, refuse: () => assert.fail() };
    const limits = { limit, queueSize: 1_000, queueMaxBytes: 0, queueTimeoutMs: 1e9 };
    this.#gate = new RequestQueue<Named>(limits, { clock, random, budget, hooks });
  }

  /** So many of the replicas answer now. @param moreUntilMs until when more are likely to come. */
  see(count: number, moreUntilMs = 0): void {
    while (this.#seats.length < count) this.#seats.push(aReplica(String(this.#seats.length)));
    this.#gate.setReplicas(this.#seats.slice(), moreUntilMs);
  }

  /** So many requests at once. */
  ask(requests: number): void {
    for (let n = 0; n < requests; n += 1) this.#ask();
  }

  #ask(): void {
    const { clock, replicas } = this.#parts;
    const request: QueuedRequest<Named> = {
      enteredAtMs: clock.nowMs(),
      heldBytes: 0,
      waitMs: 0,
      refuse: () => assert.fail(),
      admit: (replica) => {
        const { waitMs } = request;
        const done = () => this.#done(request, replica);
        const refused = () => void this.#gate.giveBack(request, replica, true);
        clock.after(WAY_MS, () => replicas[Number(replica.name)]?.take({ waitMs, done, refused }));
      },
    };
    this.#gate.enter(request);
  }

  #done(request: QueuedRequest<Named>, replica: Named): void {
    this.answered += 1;
    this.answeredAtMs = this.#parts.clock.nowMs();
    this.longestWaitMs = Math.max(this.longestWaitMs, this.answeredAtMs - request.enteredAtMs);
    this.#gate.finish(replica);
    if (this.#parts.asksAgain) this.#ask();
  }
}
