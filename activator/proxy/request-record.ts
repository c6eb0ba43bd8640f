import type { ErrorCode } from '#api/errors.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { FunctionQueue } from '../functions/target.ts';
import type { ClientHead } from '../inbound/client-stream.ts';
import type { Replica } from '../replicas/replica.ts';
import type { AccessLogEntry } from '../telemetry/access-log.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import type { Course } from './time-limits.ts';

/** What is noted of one request on its way; its exchange writes, times are the clock's. */
export class RequestRecord implements Course, AccessLogEntry {
  readonly requestId: string;
  /** Into its function's queue; until then, when it came. */
  enteredAtMs: number;
  /** 0: not yet, as with the other times. */
  admittedAtMs = 0;
  begunAtMs = 0;
  lastByteAtMs = 0;
  status = 0;
  code: ErrorCode | undefined;
  bytesOut = 0;
  revision: string | undefined;
  coldMs = 0;
  readonly #head: ClientHead;
  readonly #outgoing: OutgoingRequest;
  readonly #clock: Clock;
  #queue: FunctionQueue | undefined;
  #judgedFor: string | undefined;

  constructor(head: ClientHead, outgoing: OutgoingRequest, clock: Clock) {
    this.requestId = outgoing.requestId;
    this.#head = head;
    this.#outgoing = outgoing;
    this.#clock = clock;
    this.enteredAtMs = clock.nowMs();
  }

  enter(queue: FunctionQueue): void {
    this.#queue = queue;
    this.enteredAtMs = this.#clock.nowMs();
  }

  /** @param key of the function whose policies did. */
  judgedFor(key: string): void {
    this.#judgedFor = key;
  }

  admit(replica: Replica): void {
    this.revision = replica.revision;
    this.admittedAtMs = this.#clock.nowMs();
    this.lastByteAtMs = this.admittedAtMs;
    const coldMs = Math.max(0, (replica.answeredAtMs ?? 0) - this.enteredAtMs);
    this.coldMs = Math.min(coldMs, this.admittedAtMs - this.enteredAtMs);
  }

  begin(status: number): void {
    this.status = status;
    this.begunAtMs = this.#clock.nowMs();
    this.lastByteAtMs = this.begunAtMs;
  }

  /** A byte went, either way. */
  move(): void {
    this.lastByteAtMs = this.#clock.nowMs();
  }

  get begun(): boolean {
    return this.begunAtMs > 0;
  }
  get flowing(): boolean {
    const { body } = this.#outgoing;
    return this.begun || (body !== undefined && !body.awaited && !body.ended);
  }

  /** For `Server-Timing`: what a cold start consisted of; empty without one. */
  get coldTimings(): string {
    return this.coldMs > 0 ? (this.#queue?.counters?.coldTimings(this.enteredAtMs) ?? '') : '';
  }

  get functionKey(): string | null {
    return this.#queue?.config.key ?? this.#judgedFor ?? null;
  }
  get invocationId(): string | undefined {
    return this.#head.invocation?.id;
  }
  get attempt(): number | undefined {
    return this.#head.invocation?.attempt;
  }
  get traceparent(): string | undefined {
    const { traceparent } = this.#head.headers;
    return typeof traceparent === 'string' ? traceparent : undefined;
  }
  get method(): string {
    return this.#outgoing.method;
  }
  get target(): string {
    return this.#head.url ?? '/';
  }
  get bytesIn(): number {
    return this.#outgoing.body?.bytes ?? 0;
  }
  get queueMs(): number {
    return (this.admittedAtMs || this.#clock.nowMs()) - this.enteredAtMs - this.coldMs;
  }
  get firstByteMs(): number {
    return this.begun && this.admittedAtMs > 0 ? this.begunAtMs - this.admittedAtMs : 0;
  }
  get functionMs(): number {
    return this.admittedAtMs === 0 ? 0 : this.#clock.nowMs() - this.admittedAtMs;
  }
  get waitMs(): number {
    return this.#outgoing.waitMs;
  }
  get totalMs(): number {
    return this.#clock.nowMs() - this.enteredAtMs;
  }
  get clientAddress(): string {
    return this.#outgoing.headers.clientAddress;
  }
  get userAgent(): string | undefined {
    const { 'user-agent': userAgent } = this.#head.headers;
    return typeof userAgent === 'string' ? userAgent : undefined;
  }
}
