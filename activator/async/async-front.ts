import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { Target, TargetFunction } from '../functions/target.ts';
import type { TimerWheel } from '../proxy/timer-wheel.ts';
import { Acceptance, type AcceptanceParts } from './acceptance.ts';
import { type AsyncRequest, asTarget } from './async-request.ts';
import { wayOf } from './choose-way.ts';
import type { Dispatcher } from './dispatcher.ts';
import { EntrySender } from './entry-sender.ts';
import { noInvocation } from './invocation-answer.ts';
import { InvocationIds } from './invocation-ids.ts';
import { StatusCall } from './status-call.ts';
import { WaitLimit } from './wait-limit.ts';

export interface AsyncFrontParts {
  clock: Clock;
  timers: TimerWheel;
  /** Undefined: there is none. */
  dispatcher: Dispatcher | undefined;
}

/** Requests whose functions answer later, on their way to the dispatcher, and those that ask how they go. */
export class AsyncFront {
  readonly #parts: AcceptanceParts;
  readonly #dispatcher: Dispatcher | undefined;
  readonly #sender: EntrySender | undefined;
  readonly #waits = new WaitLimit();

  constructor({ clock, timers, dispatcher }: AsyncFrontParts) {
    this.#parts = { clock, timers, ids: new InvocationIds(), wallMs: Date.now };
    this.#dispatcher = dispatcher;
    if (dispatcher !== undefined) this.#sender = new EntrySender({ dispatcher, clock, random: Math.random });
  }

  /** What has the request in the place of the function's queue; undefined: the queue has it. */
  choose(request: AsyncRequest, fn: TargetFunction): Target | GatewayError | undefined {
    const { invocation } = request;
    if (invocation !== undefined) {
      const dispatcher = this.#dispatcher;
      if (dispatcher === undefined) return noInvocation('there are no invocations: no dispatcher is installed');
      return asTarget(fn, () => new StatusCall(request, fn, dispatcher, this.#waits).answer(invocation));
    }
    const { async } = fn.config;
    if (async === undefined) return undefined;
    const way = wayOf(request, async, this.#sender !== undefined);
    if (way === 'now') return undefined;
    const sender = this.#sender;
    if (way !== 'later' || sender === undefined) {
      // So that it is counted as the function's, and logged.
      request.exchange.judgedBy(fn);
      return way === 'later' ? undefined : way;
    }
    return asTarget(fn, () => new Acceptance(request, fn, sender, this.#parts).begin());
  }

  /** The gateway leaves: clients that wait are told at once how it goes. */
  leave(): void {
    this.#waits.leave();
  }
}
