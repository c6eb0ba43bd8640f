import type { Decision } from '../errors/decision.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { TargetFunction } from '../functions/target.ts';
import type { RequestTaker } from '../proxy/request-taker.ts';
import type { FunctionBudget } from '../queue/fair-share.ts';
import type { InvocationPath } from '../routing/invocation-path.ts';
import type { AsyncRequest } from './async-request.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Invocation, invocationIn, noInvocation, responseReply, statusReply } from './invocation-answer.ts';
import { preferencesOf } from './prefer.ts';
import type { Waiting, WaitLimit } from './wait-limit.ts';

/** Longest wait for an invocation to end. */
const LONGEST_WAIT_SECONDS = 60;

const BUSY: GatewayError = { code: 'GatewayBusy', message: 'the gateway holds as much for its functions as it can' };
const ONLY_READ: GatewayError = {
  code: 'MethodNotAllowed',
  message: 'an invocation can only be asked how it goes, with GET',
  headers: ['allow', 'GET, HEAD'],
};

/** One request that asks how an invocation goes. */
export class StatusCall implements RequestTaker, Waiting {
  readonly sink = undefined;
  readonly #request: AsyncRequest;
  readonly #fn: TargetFunction;
  readonly #dispatcher: Dispatcher;
  readonly #waits: WaitLimit;
  /** The present call to the dispatcher. */
  #call = new AbortController();
  #isOver = false;
  #isHurried = false;

  constructor(request: AsyncRequest, fn: TargetFunction, dispatcher: Dispatcher, waits: WaitLimit) {
    this.#request = request;
    this.#fn = fn;
    this.#dispatcher = dispatcher;
    this.#waits = waits;
  }

  get budget(): FunctionBudget {
    return this.#fn.budget;
  }
  get uid(): string {
    return this.#fn.config.uid;
  }
  get namespace(): string {
    return this.#fn.config.namespace;
  }

  answer({ id, part }: InvocationPath): Decision | Promise<Decision> {
    const { exchange, method } = this.#request;
    exchange.judgedBy(this.#fn);
    if (method !== 'GET' && method !== 'HEAD') return ONLY_READ;
    if (!this.#fn.budget.mayOpen()) return BUSY;
    this.#fn.budget.opened();
    exchange.give(this);
    return this.#decide(id, part);
  }

  /** The body is not read. */
  received(): undefined {}

  over(): void {
    this.#fn.budget.closed();
    this.#isOver = true;
    this.#call.abort();
  }

  /** It asks once more, without waiting. */
  hurry(): void {
    this.#isHurried = true;
    this.#call.abort();
  }

  async #decide(id: string, part: InvocationPath['part']): Promise<Decision> {
    const asked = preferencesOf(this.#request.header('prefer')).waitSeconds;
    const mayWait = asked !== undefined && this.#waits.begin(this);
    const waitSeconds = mayWait ? Math.min(asked, LONGEST_WAIT_SECONDS) : undefined;
    try {
      const invocation = await this.#invocation(id, waitSeconds ?? 0);
      if (invocation === undefined) return noInvocation(`this function has no invocation ${id}, or none any more`);
      const reply = part === 'response' ? responseReply(invocation) : statusReply(invocation, waitSeconds);
      // Those before it may not have been read yet.
      return 'body' in reply && !this.budget.mayKeep(reply.body.length) ? BUSY : reply;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { code: 'AsyncUnavailable', message: `the dispatcher does not say how this goes: ${why}` };
    } finally {
      if (mayWait) this.#waits.end(this);
    }
  }

  async #invocation(id: string, waitSeconds: number): Promise<Invocation | undefined> {
    const { uid, namespace } = this.#fn.config;
    const called = this.#dispatcher.invocation({ id, uid, namespace, waitSeconds }, this.#call.signal);
    const bytes = await called.catch((error: unknown) => {
      if (this.#isOver || !this.#isHurried) throw error;
      this.#call = new AbortController();
      return this.#dispatcher.invocation({ id, uid, namespace, waitSeconds: 0 }, this.#call.signal);
    });
    return bytes === undefined ? undefined : invocationIn(bytes);
  }
}
