import assert from 'node:assert/strict';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { GatewayError } from '../../errors/gateway-error.ts';
import type { QueueLimits } from '../../routing/function-config.ts';
import type { Named } from '../../testing/test-replica.ts';
import { type BudgetBounds, FunctionBudget, ProcessBudget } from '../fair-share.ts';
import type { QueuedRequest, WaitingRequest } from '../queued-request.ts';
import { RequestQueue } from '../request-queue.ts';

export const LIMITS: QueueLimits = { limit: 1, queueSize: 10, queueMaxBytes: 0, queueTimeoutMs: 1_000 };

/** A queue with its clock and a record of what happened to each request. */
export class QueueScene {
  readonly clock = new TestClock();
  readonly log: string[] = [];
  readonly queue: RequestQueue<Named>;
  readonly budget: ProcessBudget;
  waits = 0;
  timesEmpty = 0;
  /** How long it takes until the queue goes on after a request has begun to wait. */
  slowMs = 0;

  constructor(limits: Partial<QueueLimits> = {}, bounds: BudgetBounds = { requests: 10_000, bytes: 1e9 }) {
    this.budget = new ProcessBudget(bounds);
    this.queue = new RequestQueue<Named>(
      { ...LIMITS, ...limits },
      {
        clock: this.clock,
        budget: new FunctionBudget(this.budget),
        random: () => 0.5,
        hooks: {
          waiting: () => {
            this.waits += 1;
            this.clock.advance(this.slowMs);
          },
          noneWaiting: () => {
            this.timesEmpty += 1;
          },
          refuse: (request, failure) => request.refuse(failure),
        },
      },
    );
  }

  request(name: string, heldBytes = 0): QueuedRequest<Named> {
    const { log } = this;
    return {
      enteredAtMs: this.clock.nowMs(),
      heldBytes,
      waitMs: 0,
      admit(replica) {
        log.push(`${name} to ${replica.name}${this.waitMs > 0 ? `, waits ${this.waitMs}` : ''}`);
      },
      refuse: (failure: GatewayError) => void this.log.push(`${name} ${failure.code}`),
    };
  }

  enter(name: string, heldBytes = 0): WaitingRequest<Named> | undefined {
    return this.queue.enter(this.request(name, heldBytes));
  }

  /** Enters one that has to wait. */
  wait(name: string): WaitingRequest<Named> {
    const entry = this.enter(name);
    assert.ok(entry, `${name} waits`);
    return entry;
  }
}
