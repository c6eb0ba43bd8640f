import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '#api/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Summary } from './access-log.ts';
import type { Replica } from './replica.ts';
import type { RequestBody } from './request-body.ts';
import type { Course } from './time-limits.ts';

/** What is noted of one request on its way; its exchange writes, times are the clock's. */
export class Journal implements Course, Summary {
  readonly requestId: string;
  functionKey: string | null = null;
  /** 0: not yet, as with the other times. */
  enteredAtMs = 0;
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

  constructor(request: IncomingMessage, requestId: string, body: RequestBody | undefined, clock: Clock) {
    this.requestId = requestId;
    this.#request = request;
    this.#body = body;
    this.#clock = clock;
  }

  enter(functionKey: string): void {
    this.functionKey = functionKey;
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
    if (this.enteredAtMs === 0) return 0;
    return (this.admittedAtMs || this.#clock.nowMs()) - this.enteredAtMs - this.coldMs;
  }
  get firstByteMs(): number {
    return this.begun && this.admittedAtMs > 0 ? this.begunAtMs - this.admittedAtMs : 0;
  }
  get functionMs(): number {
    return this.admittedAtMs === 0 ? 0 : this.#clock.nowMs() - this.admittedAtMs;
  }
  get totalMs(): number {
    return this.enteredAtMs === 0 ? 0 : this.#clock.nowMs() - this.enteredAtMs;
  }
  get clientAddress(): string {
    return this.#request.socket.remoteAddress ?? 'unknown';
  }
  get userAgent(): string | undefined {
    return this.#request.headers['user-agent'];
  }
}
