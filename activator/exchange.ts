import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '#api/errors.ts';
import { HEADER } from '#api/names.ts';
import type { Clock } from '#platform/clock.ts';
import type { Summary } from './access-log.ts';
import { breakOff, endWith, flushSoon, linger, writeInformational, writePiece } from './answer.ts';
import { Attempt, type Inbound, type Outbound } from './attempt.ts';
import { Deadline, type Deadlines } from './deadlines.ts';
import { answerFor, type Failure } from './failure.ts';
import type { Visitor, Waiting } from './gate.ts';
import { type RequestHeaders, responseHeaders, serverTiming } from './headers.ts';
import type { BodyFraming } from './http1/request-head.ts';
import type { Replica } from './replica.ts';
import { RequestBody } from './request-body.ts';
import { type Course, nextLookAtMs, passedLimit, tooLarge } from './time-limits.ts';
import type { Traffic } from './traffic.ts';
import { joinSockets } from './upgrade.ts';
import { wasCutOff } from './upstream.ts';

/** What a request's head says, beyond method and target. */
export interface RequestHead {
  requestId: string;
  headers: RequestHeaders;
  /** The client waits for 100 before it sends the body. */
  expectsContinue: boolean;
  /** The protocol to switch to, or null. */
  upgrade: string | null;
}

/** The server, as its exchanges see it. */
export interface Host {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Whether connections are to end with their present answer. */
  readonly leaving: boolean;
  /** An exchange is over; called once for each. The summary may be read until this returns. */
  finished(summary: Summary): void;
  /** A function did not answer as it should have. */
  failed(failure: Failure, functionKey: string | null, requestId: string): void;
}

const EXPECTS = ['expect', '100-continue'];

/** One request from its arrival to the end of its answer. */
export class Exchange implements Visitor<Replica>, Inbound, Outbound, Course, Summary {
  enteredAtMs = 0;
  admittedAtMs = 0;
  lastByteAtMs = 0;
  begun = false;
  path = '/';
  status = 0;
  code: ErrorCode | undefined;
  bytesOut = 0;
  readonly body: RequestBody | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #host: Host;
  readonly #onClose = () => this.#clientLeft();
  #traffic: Traffic | undefined;
  #place: Waiting<Replica> | undefined;
  #replica: Replica | undefined;
  #revision: string | undefined;
  #attempt: Attempt | undefined;
  #deadline: Deadline | undefined;
  #begunAtMs = 0;
  #upgradedAtBytes: number | undefined;
  #over = false;

  constructor(request: IncomingMessage, response: ServerResponse, head: RequestHead, host: Host) {
    this.#request = request;
    this.#response = response;
    this.#head = head;
    this.#host = host;
    if (head.headers.hasBody) {
      const awaited = head.expectsContinue ? response : undefined;
      this.body = new RequestBody(request, awaited, (total) => this.#received(total));
    }
    response.on('close', this.#onClose);
    // An answer that waits behind another one on its connection has no socket yet, and does not see it close.
    if (response.socket === null) request.socket.once('close', this.#onClose);
  }

  /** True once it is answered, or nobody is there to be answered. */
  get over(): boolean {
    return this.#over;
  }

  get method(): string {
    return this.#request.method ?? 'GET';
  }
  get upgrade(): string | null {
    return this.#head.upgrade;
  }
  get framing(): BodyFraming {
    if (this.body === undefined) return 'none';
    return this.#head.headers.bodyBytes === undefined ? 'chunked' : 'length';
  }
  get outHeaders(): readonly string[] {
    const { headers } = this.#head.headers;
    return this.body?.awaited ? [...headers, ...EXPECTS] : headers;
  }
  get flowing(): boolean {
    return this.begun || (this.body !== undefined && !this.body.awaited && !this.body.ended);
  }

  get functionKey(): string | null {
    return this.#traffic?.view.key ?? null;
  }
  get revision(): string | undefined {
    return this.#revision;
  }
  get requestId(): string {
    return this.#head.requestId;
  }
  get traceparent(): string | undefined {
    const { traceparent } = this.#request.headers;
    return typeof traceparent === 'string' ? traceparent : undefined;
  }
  get target(): string {
    return this.#request.url ?? '/';
  }
  get bytesIn(): number {
    return this.body?.bytes ?? 0;
  }
  get queueMs(): number {
    return Math.max(0, (this.admittedAtMs || this.#host.clock.nowMs()) - this.enteredAtMs - this.coldMs);
  }
  /** How long it waited for a replica that was not there when it came; 0: it did not. */
  get coldMs(): number {
    const answeredAtMs = this.#replica?.answeredAtMs ?? 0;
    return Math.min(Math.max(0, answeredAtMs - this.enteredAtMs), Math.max(0, this.admittedAtMs - this.enteredAtMs));
  }
  get firstByteMs(): number {
    return this.#begunAtMs === 0 ? 0 : this.#begunAtMs - this.admittedAtMs;
  }
  get functionMs(): number {
    return this.#revision === undefined ? 0 : this.#host.clock.nowMs() - this.admittedAtMs;
  }
  get totalMs(): number {
    return this.enteredAtMs === 0 ? 0 : this.#host.clock.nowMs() - this.enteredAtMs;
  }
  get clientAddress(): string {
    return this.#request.socket.remoteAddress ?? 'unknown';
  }
  get userAgent(): string | undefined {
    return this.#request.headers['user-agent'];
  }

  /** @param path path and query as the function gets them. */
  enter(traffic: Traffic, path: string): void {
    this.#traffic = traffic;
    this.path = path;
    this.enteredAtMs = this.#host.clock.nowMs();
    const failure = tooLarge(this.#head.headers.bodyBytes ?? 0, traffic.view.maxBodyBytes);
    if (failure !== undefined) {
      this.refuse(failure);
      return;
    }
    const place = traffic.enter(this);
    if (place?.taken) this.#waitAt(place);
  }

  admit(replica: Replica): void {
    this.#place = undefined;
    this.#replica = replica;
    this.#revision = replica.revision;
    this.admittedAtMs = this.#host.clock.nowMs();
    this.lastByteAtMs = this.admittedAtMs;
    this.#watchTime(this.admittedAtMs);
    try {
      this.#attempt = new Attempt(replica.upstream, this, this);
    } catch (error) {
      // A request that cannot be put into words for the replica, such as one with a header that is none.
      this.broke(error instanceof Error ? error : new Error(String(error)));
    }
  }

  refuse(failure: Failure): void {
    this.#place = undefined;
    if (this.#over) return;
    this.code = failure.code;
    const key = this.functionKey;
    if (this.#replica !== undefined) this.#host.failed(failure, key, this.requestId);
    if (this.begun) {
      breakOff(this.#response);
    } else {
      const answer = answerFor(failure, key, this.requestId, this.#host.leaving);
      this.status = answer.status;
      this.bytesOut = answer.body.length;
      this.#response.writeHead(answer.status, answer.headers);
      this.#response.end(answer.body);
      this.#traffic?.countAnswer(answer.status);
    }
    this.#finish();
  }

  informational(status: number, headers: string[]): void {
    this.lastByteAtMs = this.#host.clock.nowMs();
    writeInformational(this.#response, status, headers);
  }

  head(status: number, reason: string, headers: string[]): void {
    this.#begin(status, reason, headers);
    flushSoon(this.#response);
  }

  whole(status: number, reason: string, headers: string[], body: string): void {
    this.#begin(status, reason, headers);
    this.bytesOut = body.length;
    this.#response.end(body, 'latin1');
    this.#finish();
  }

  data(chunk: Buffer): boolean {
    this.lastByteAtMs = this.#host.clock.nowMs();
    this.bytesOut += chunk.length;
    if (writePiece(this.#response, chunk)) return true;
    this.#response.once('drain', () => {
      this.lastByteAtMs = this.#host.clock.nowMs();
      this.#attempt?.resume();
    });
    return false;
  }

  end(trailers: string[]): void {
    endWith(this.#response, trailers);
    this.#finish();
  }

  untouched(): void {
    this.#forgetTime();
    const replica = this.#replica;
    this.#replica = undefined;
    this.#attempt = undefined;
    if (replica === undefined || this.#traffic === undefined) return;
    const place = this.#traffic.giveBack(this, replica);
    if (place.taken) this.#waitAt(place);
  }

  broke(error: Error): void {
    // Its other connections may be dying with this one.
    if (!this.begun && this.#replica !== undefined && wasCutOff(error)) this.#traffic?.doubt(this.#replica);
    const code = 'code' in error ? ` (${String(error.code)})` : '';
    this.refuse({
      code: 'ReplicaFailed',
      message: `the replica broke off before it answered${code}; see its log with this request id`,
    });
  }

  upgraded(from: string[], socket: Socket): void {
    this.#forgetTime();
    this.#noteBegin(101);
    const client = this.#request.socket;
    this.#upgradedAtBytes = client.bytesWritten;
    this.#response.detachSocket(client);
    const headers = this.#withOurs(responseHeaders(from), false);
    headers.push('connection', 'upgrade', 'upgrade', this.#head.upgrade ?? '');
    joinSockets(client, socket, headers, () => this.#finish());
  }

  #waitAt(place: Waiting<Replica>): void {
    this.#place = place;
    // A client that leaves is noticed only while what it sends is read.
    this.body?.readAhead();
  }

  #begin(status: number, reason: string, from: string[]): void {
    const headers = this.#withOurs(responseHeaders(from), true);
    this.#noteBegin(status);
    this.body?.release();
    this.#response.writeHead(status, reason, headers);
  }

  #noteBegin(status: number): void {
    this.begun = true;
    this.status = status;
    this.#begunAtMs = this.#host.clock.nowMs();
    this.lastByteAtMs = this.#begunAtMs;
    this.#traffic?.countAnswer(status);
  }

  #withOurs(headers: string[], withTimes: boolean): string[] {
    const { coldMs } = this;
    headers.push(HEADER.requestId, this.requestId, HEADER.coldStart, coldMs > 0 ? 'true' : 'false');
    if (!withTimes) return headers;
    const functionMs = this.#host.clock.nowMs() - this.admittedAtMs;
    headers.push(HEADER.serverTiming, serverTiming(this.queueMs, coldMs, functionMs));
    if (this.#host.leaving) headers.push('connection', 'close');
    return headers;
  }

  #received(total: number): void {
    this.lastByteAtMs = this.#host.clock.nowMs();
    const failure = tooLarge(total, this.#traffic?.view.maxBodyBytes ?? 0);
    if (failure === undefined) return;
    this.#leavePlace();
    this.refuse(failure);
  }

  #watchTime(nowMs: number): void {
    const timeouts = this.#traffic?.view.timeouts;
    if (timeouts === undefined) return;
    const atMs = nextLookAtMs(timeouts, this, nowMs);
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.#deadline ??= new Deadline(() => this.#lookAtTime());
    this.#host.deadlines.watch(this.#deadline, atMs);
  }

  #lookAtTime(): void {
    const timeouts = this.#traffic?.view.timeouts;
    if (timeouts === undefined) return;
    const nowMs = this.#host.clock.nowMs();
    const failure = passedLimit(timeouts, this, nowMs);
    if (failure === undefined) {
      this.#watchTime(nowMs);
      return;
    }
    this.#attempt?.abandon();
    // One that is stuck does not answer a probe either.
    if (!this.begun && this.#replica !== undefined) this.#traffic?.doubt(this.#replica);
    this.refuse(failure);
  }

  #forgetTime(): void {
    if (this.#deadline !== undefined) this.#host.deadlines.forget(this.#deadline);
  }

  #clientLeft(): void {
    if (this.#over) return;
    this.#leavePlace();
    this.#finish();
  }

  /** Neither waits nor is with a replica any more. */
  #leavePlace(): void {
    this.#attempt?.abandon();
    if (this.#place !== undefined) this.#traffic?.leave(this.#place);
    this.#place = undefined;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#forgetTime();
    this.#request.socket.off('close', this.#onClose);
    if (this.#upgradedAtBytes !== undefined) this.bytesOut = this.#request.socket.bytesWritten - this.#upgradedAtBytes;
    if (this.#replica !== undefined) this.#traffic?.finish(this.#replica);
    this.#discardBody();
    this.#host.finished(this);
  }

  #discardBody(): void {
    const { socket, complete } = this.#request;
    if (this.body === undefined || complete || socket.destroyed) return;
    this.body.discard();
    linger(this.#request);
  }
}
