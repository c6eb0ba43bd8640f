import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { aSeat, type Named } from '../testing/test-replica.ts';
import { FunctionBudget, ProcessBudget } from './fair-share.ts';
import { type QueuedRequest, RequestQueue } from './request-queue.ts';

/** One way between gateway and replica. */
const WAY_MS = 0.25;

interface Sent {
  waitMs: number;
  done(): void;
  refused(): void;
}

/** A replica as the runtime behaves: so many at once, the others turned away or held in order of arrival. */
class SimulatedReplica {
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

interface Load {
  replicas: number;
  limit: number;
  serviceMs: number;
  /** For each gateway, how many clients ask again as soon as they are answered. */
  clients: readonly number[];
  forMs: number;
}

interface Outcome {
  /** For each gateway. */
  answered: number[];
  longestWaitMs: number;
  most: number;
  refusals: number;
}

/** A gateway with clients that ask again as soon as they are answered. */
class SimulatedGateway {
  readonly #clock: TestClock;
  readonly #replicas: readonly SimulatedReplica[];
  readonly #gate: RequestQueue<Named>;
  answered = 0;
  longestWaitMs = 0;

  constructor(clock: TestClock, replicas: readonly SimulatedReplica[], limit: number, random: () => number) {
    this.#clock = clock;
    this.#replicas = replicas;
    const share = new FunctionBudget(new ProcessBudget({ requests: 1e9, bytes: 1e9 }));
    const hooks = { waiting: () => undefined, noneWaiting: () => undefined, refuse: () => assert.fail() };
    const limits = { limit, queueSize: 1_000, queueMaxBytes: 0, queueTimeoutMs: 1e9 };
    this.#gate = new RequestQueue<Named>(limits, { clock, random, share, hooks });
  }

  open(clients: number): void {
    this.#gate.setReplicas(this.#replicas.map((_, i) => aSeat(String(i))));
    for (let i = 0; i < clients; i += 1) this.#ask();
  }

  #ask(): void {
    const visitor: QueuedRequest<Named> = {
      enteredAtMs: this.#clock.nowMs(),
      heldBytes: 0,
      waitMs: 0,
      refuse: () => assert.fail(),
      admit: (seat) => {
        const { waitMs } = visitor;
        const done = () => this.#done(visitor, seat);
        const refused = () => void this.#gate.giveBack(visitor, seat, true);
        this.#clock.after(WAY_MS, () => this.#replicas[Number(seat.name)]?.take({ waitMs, done, refused }));
      },
    };
    this.#gate.enter(visitor);
  }

  #done(visitor: QueuedRequest<Named>, seat: Named): void {
    this.answered += 1;
    this.longestWaitMs = Math.max(this.longestWaitMs, this.#clock.nowMs() - visitor.enteredAtMs);
    this.#gate.finish(seat);
    this.#ask();
  }
}

function simulate({ replicas, limit, serviceMs, clients, forMs }: Load): Outcome {
  const clock = new TestClock();
  const random = seeded(3);
  const backends = Array.from({ length: replicas }, () => new SimulatedReplica(clock, limit, serviceMs));
  const gateways = clients.map((count, i) => {
    const gateway = new SimulatedGateway(clock, backends, limit, random);
    // One after the other: the first has all places when the second begins.
    clock.after(i * 100, () => gateway.open(count));
    return gateway;
  });
  clock.advance(forMs);
  return {
    answered: gateways.map(({ answered }) => answered),
    longestWaitMs: Math.max(...gateways.map(({ longestWaitMs }) => longestWaitMs)),
    most: Math.max(...backends.map(({ most }) => most)),
    refusals: sum(backends.map(({ refusals }) => refusals)),
  };
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

const SCENES: Record<string, Load> = {
  'two gateways, three replicas of one place': {
    replicas: 3,
    limit: 1,
    serviceMs: 10,
    clients: [20, 20],
    forMs: 10_000,
  },
  'three gateways, one replica of one place': {
    replicas: 1,
    limit: 1,
    serviceMs: 10,
    clients: [20, 20, 20],
    forMs: 10_000,
  },
  'three gateways, three replicas of ten places': {
    replicas: 3,
    limit: 10,
    serviceMs: 20,
    clients: [60, 60, 60],
    forMs: 5_000,
  },
  'two gateways and handlers that take seconds': {
    replicas: 3,
    limit: 2,
    serviceMs: 2_000,
    clients: [20, 20],
    forMs: 200_000,
  },
  'two gateways and handlers that take a millisecond': {
    replicas: 3,
    limit: 1,
    serviceMs: 1,
    clients: [20, 20],
    forMs: 3_000,
  },
};

for (const [name, load] of Object.entries(SCENES)) {
  test(`${name}: each has its share, no place stands empty, none is taken twice`, () => {
    const { answered, most, refusals } = simulate(load);
    const alone = sum(simulate({ ...load, clients: load.clients.slice(0, 1) }).answered);
    const figures = `${answered.join(' and ')} answered, ${alone} by one gateway alone, ${refusals} turned away`;
    assert.equal(most, load.limit);
    assert.ok(Math.max(...answered) <= 2 * Math.min(...answered), figures);
    assert.ok(sum(answered) >= 0.9 * alone, figures);
    assert.ok(refusals <= 0.5 * sum(answered) + 200 * (load.forMs / 1_000), figures);
  });
}

test('a gateway with a single client beside a busy one waits in turn, not until the other is done', () => {
  const load = { replicas: 3, limit: 1, serviceMs: 10, clients: [50, 1], forMs: 10_000 };
  const { answered } = simulate(load);
  assert.ok((answered[1] ?? 0) > 300, `${answered.join(' and ')} answered`);
});

test('gateways that do not fill the replicas hardly notice each other', () => {
  const load = { replicas: 10, limit: 2, serviceMs: 10, clients: [5, 5], forMs: 5_000 };
  const { longestWaitMs } = simulate(load);
  assert.ok(longestWaitMs < 25, `${longestWaitMs} ms`);
});
