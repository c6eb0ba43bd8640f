import type { Hash } from 'node:crypto';
import { type EntryHead, type EntryOutcome, INVOCATION_PREFIX, type InvocationState } from '#api/invocations.ts';
import { frameParts } from '#api/rules/frame.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Decision } from '../errors/decision.ts';
import type { GatewayError, Reply } from '../errors/gateway-error.ts';
import type { TargetFunction } from '../functions/target.ts';
import type { BodySink } from '../proxy/request-body.ts';
import type { RequestTaker } from '../proxy/request-taker.ts';
import { type TimerWheel, WheelTimer } from '../proxy/timer-wheel.ts';
import type { FunctionBudget } from '../queue/fair-share.ts';
import type { AsyncRequest } from './async-request.ts';
import { refusalFor, unavailable } from './entry-outcomes.ts';
import type { Entry, EntrySender } from './entry-sender.ts';
import { dedupOf, fingerprintOf, IDEMPOTENCY_HEADER, keyFault } from './idempotency.ts';
import type { InvocationIds } from './invocation-ids.ts';
import { NOT_BEFORE_HEADER, notBefore } from './not-before.ts';
import { preferencesOf } from './prefer.ts';
import { storedRequest } from './stored-request.ts';
import { WholeBody } from './whole-body.ts';

export interface AcceptanceParts {
  clock: Clock;
  timers: TimerWheel;
  ids: InvocationIds;
  /** Milliseconds since 1970. */
  wallMs: () => number;
}

/** Longest that a body may take to come. */
const BODY_MS = 300_000;
/** Longest from then until the dispatcher has said that it has it. */
const DURABLE_MS = 5_000;

const BUSY: GatewayError = { code: 'GatewayBusy', message: 'the gateway holds as much for its functions as it can' };
const BODY_LATE: GatewayError = { code: 'RequestTimeout', message: `the body did not come within ${BODY_MS / 1000} s` };
const NOT_IN_TIME = unavailable(`it did not answer within ${DURABLE_MS / 1000} s`);

/**
 * One request on its way to the dispatcher: its body is read, then it is an entry, then it is answered with 202, and never before
 * the dispatcher has said that it is on disk. A client that leaves earlier leaves nothing behind, unless it is on its way already.
 */
export class Acceptance implements RequestTaker, BodySink, Entry {
  readonly sink = this;
  readonly uid: string;
  readonly budget: FunctionBudget;
  parts: readonly Uint8Array[] = [];
  bytes = 0;
  readonly #request: AsyncRequest;
  readonly #fn: TargetFunction;
  readonly #sender: EntrySender;
  readonly #with: AcceptanceParts;
  readonly #decided = Promise.withResolvers<Decision>();
  readonly #timer = new WheelTimer(() => this.#late());
  readonly #body = new WholeBody();
  readonly #id: string;
  #notBeforeMs: number | undefined;
  /** Undefined: it has no idempotency key. */
  #fingerprint: Hash | undefined;
  /** Of the body, and then of the whole frame: what counts in the function's budget. */
  #held = 0;
  /** When all of it was here; undefined: it is not. */
  #wholeAtMs: number | undefined;

  constructor(request: AsyncRequest, fn: TargetFunction, sender: EntrySender, parts: AcceptanceParts) {
    this.#request = request;
    this.#fn = fn;
    this.#sender = sender;
    this.#with = parts;
    this.uid = fn.config.uid;
    this.budget = fn.budget;
    this.#id = parts.ids.next();
  }

  /** A failure at once where its head is enough for one. */
  begin(): Decision | Promise<Decision> {
    const { exchange } = this.#request;
    exchange.judgedBy(this.#fn);
    const failure = this.#headFault();
    if (failure !== undefined) return failure;
    if (this.#request.header(IDEMPOTENCY_HEADER) !== undefined) this.#fingerprint = fingerprintOf(this.#request);
    this.#fn.budget.opened();
    this.#with.timers.set(this.#timer, this.#with.clock.nowMs() + BODY_MS);
    exchange.give(this);
    return this.#decided.promise;
  }

  received(total: number): GatewayError | undefined {
    if (total > this.#maxBytes) return this.#tooLarge();
    return this.#fn.budget.mayKeep(total - this.#held) ? undefined : BUSY;
  }

  write(chunk: Buffer): boolean {
    this.#hold(chunk.length);
    this.#body.add(chunk);
    this.#fingerprint?.update(chunk);
    return true;
  }

  /** All of the body is here. Trailers are not kept. */
  finish(): void {
    const { clock, timers } = this.#with;
    const nowMs = clock.nowMs();
    this.#wholeAtMs = nowMs;
    timers.set(this.#timer, nowMs + DURABLE_MS);
    this.parts = this.#frame(this.#body.take());
    for (const { length } of this.parts) this.bytes += length;
    this.#hold(this.bytes - this.#held);
    this.#sender.add(this);
  }

  over(): void {
    this.#with.timers.cancel(this.#timer);
    this.#fn.budget.closed();
    // What is on its way is held until it has an outcome.
    if (this.#wholeAtMs === undefined || this.#sender.remove(this)) this.#letGo();
  }

  settled(outcome: EntryOutcome | GatewayError): void {
    this.#letGo();
    this.#decided.resolve('code' in outcome ? outcome : this.#answerTo(outcome));
  }

  crash(error: unknown): void {
    this.#letGo();
    this.#request.exchange.crash('entry settled', error);
  }

  get #maxBytes(): number {
    const { maxBodyBytes, async } = this.#fn.config;
    const mostStored = async?.maxBodyBytes ?? 0;
    return maxBodyBytes === 0 ? mostStored : Math.min(maxBodyBytes, mostStored);
  }

  #headFault(): GatewayError | undefined {
    const request = this.#request;
    if ((request.exchange.outgoing.headers.bodyBytes ?? 0) > this.#maxBytes) return this.#tooLarge();
    const fault = keyFault(request.header(IDEMPOTENCY_HEADER));
    if (fault !== undefined) return fault;
    const notBeforeMs = notBefore(request.header(NOT_BEFORE_HEADER), this.#with.wallMs());
    if (typeof notBeforeMs === 'object') return notBeforeMs;
    this.#notBeforeMs = notBeforeMs;
    return this.#fn.budget.mayOpen() ? undefined : BUSY;
  }

  #tooLarge(): GatewayError {
    const field = this.#maxBytes === this.#fn.config.maxBodyBytes ? 'spec.maxBodyBytes' : 'spec.async.maxBodyBytes';
    return { code: 'BodyTooLarge', message: `the body is larger than ${this.#maxBytes} bytes (${field})` };
  }

  #frame(body: Uint8Array): Uint8Array[] {
    const { exchange, method, path } = this.#request;
    const { requestId, headers } = exchange.outgoing;
    const sent = { method, requestId, headers: headers.headers };
    const prefer = this.#request.header('prefer');
    const stored = storedRequest(sent, path, headers.hasBody ? body.length : headers.bodyBytes, prefer);
    const { uid, namespace, name } = this.#fn.config;
    const head: EntryHead = { id: this.#id, uid, namespace, name };
    if (this.#notBeforeMs !== undefined) head.notBeforeMs = this.#notBeforeMs;
    const key = this.#request.header(IDEMPOTENCY_HEADER);
    if (key !== undefined && this.#fingerprint !== undefined)
      head.dedup = dedupOf(key, exchange.caller, this.#fingerprint);
    return frameParts(head, Buffer.from(JSON.stringify(stored)), body);
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#fn.budget.kept(bytes);
  }

  #letGo(): void {
    this.#hold(-this.#held);
    this.parts = [];
  }

  /** Its body, or the dispatcher, took too long. */
  #late(): void {
    this.#decided.resolve(this.#wholeAtMs === undefined ? BODY_LATE : NOT_IN_TIME);
  }

  #answerTo(outcome: EntryOutcome): Decision {
    switch (outcome.outcome) {
      case 'accepted':
        return this.#accepted(this.#id, 'waiting', true);
      case 'exists':
        return this.#accepted(outcome.id, outcome.state, outcome.id === this.#id);
      default:
        return refusalFor(outcome);
    }
  }

  /** @param isNew it was not accepted before, with the same idempotency key */
  #accepted(id: string, status: InvocationState, isNew: boolean): Reply {
    const nowMs = this.#with.clock.nowMs();
    this.#fn.counting().accepted(isNew, (nowMs - (this.#wholeAtMs ?? nowMs)) / 1000);
    const headers = ['content-type', 'application/json; charset=utf-8', 'cache-control', 'no-store'];
    headers.push('location', `${this.#request.base}${INVOCATION_PREFIX}${id}`);
    if (preferencesOf(this.#request.header('prefer')).respondAsync) headers.push('preference-applied', 'respond-async');
    return { status: 202, headers, body: `${JSON.stringify({ id, status })}\n` };
  }
}
