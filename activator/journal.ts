import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '#api/errors.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Summary } from './access-log.ts';
import type { RequestHead } from './host.ts';
import type { Replica } from './replica.ts';
import type { RequestBody } from './request-body.ts';
import type { Course } from './time-limits.ts';
import type { FunctionTraffic } from './traffic.ts';

/** What is noted of one request on its way; its exchange writes, times are the clock's. */
export class Journal implements Course, Summary {
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
  readonly #request: IncomingMessage;
  readonly #body: RequestBody | undefined;
  readonly #clock: Clock;
  readonly #clientAddress: string;
  #traffic: FunctionTraffic | undefined;

  constructor(request: IncomingMessage, head: RequestHead, body: RequestBody | undefined, clock: Clock) {
    this.requestId = head.requestId;
    this.#request = request;
    this.#body = body;
    this.#clock = clock;
    this.enteredAtMs = clock.nowMs();
    this.#clientAddress = head.headers.clientAddress;
  }

  enter(traffic: FunctionTraffic): void {
    this.#traffic = traffic;
    this.enteredAtMs = this.#clock.nowMs();
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
    return this.begun || (this.#body !== undefined && !this.#body.awaited && !this.#body.ended);
  }

  /** For `Server-Timing`: what a cold start consisted of; empty without one. */
  get coldTimings(): string {
    return this.coldMs > 0 ? (this.#traffic?.counters?.coldTimings(this.enteredAtMs) ?? '') : '';
  }

  get functionKey(): string | null {
    return this.#traffic?.view.key ?? null;
  }
  get traceparent(): string | undefined {
    const { traceparent } = this.#request.headers;
    return typeof traceparent === 'string' ? traceparent : undefined;
  }
  get method(): string {
    return this.#request.method ?? 'GET';
  }
  get target(): string {
    return this.#request.url ?? '/';
  }
  get bytesIn(): number {
    return this.#body?.bytes ?? 0;
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
  get totalMs(): number {
    return this.#clock.nowMs() - this.enteredAtMs;
  }
  get clientAddress(): string {
    return this.#clientAddress;
  }
  get userAgent(): string | undefined {
    return this.#request.headers['user-agent'];
  }
}
