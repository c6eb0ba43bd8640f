import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { HEADER } from '#api/names.ts';
import type { Clock } from '#platform/clock.ts';
import { Attempt, type Inbound } from './attempt.ts';
import { answerFor, type Failure } from './failure.ts';
import type { Visitor, Waiting } from './gate.ts';
import { type RequestHeaders, type ResponseHeaders, responseHeaders, serverTiming } from './headers.ts';
import type { Replica } from './replica.ts';
import { RequestBody } from './request-body.ts';
import type { Traffic } from './traffic.ts';
import { type Joint, joinSockets } from './upgrade.ts';
import { wasCutOff } from './upstream.ts';

/** Longest that the rest of an unwanted body is read for, so that its client gets to see the answer. */
const LINGER_MS = 2_000;

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
  /** Whether connections are to end with their present answer. */
  readonly leaving: boolean;
  /** An exchange is over; called once for each. */
  ended(): void;
  /** The exchange is an upgraded connection from here on. */
  joined(joint: Joint): void;
  /** A function did not answer as it should have. */
  failed(failure: Failure, functionKey: string | null, requestId: string): void;
}

/** One request from its arrival to the end of its answer. */
export class Exchange implements Visitor<Replica>, Inbound {
  enteredAtMs = 0;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #host: Host;
  #body: RequestBody | undefined;
  readonly #onClose = () => this.#clientLeft();
  #path = '/';
  #traffic: Traffic | undefined;
  #place: Waiting<Replica> | undefined;
  #replica: Replica | undefined;
  #attempt: Attempt | undefined;
  #admittedAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #begun = false;
  #over = false;

  constructor(request: IncomingMessage, response: ServerResponse, head: RequestHead, host: Host) {
    this.#request = request;
    this.#response = response;
    this.#head = head;
    this.#host = host;
    if (head.headers.hasBody) this.#body = new RequestBody(request, head.expectsContinue ? response : undefined);
    response.on('close', this.#onClose);
    // An answer that waits behind another one on its connection has no socket yet, and does not see it close.
    if (response.socket === null) request.socket.once('close', this.#onClose);
  }

  /** True once it is answered, or nobody is there to be answered. */
  get over(): boolean {
    return this.#over;
  }

  /** @param path path and query as the function gets them. */
  enter(traffic: Traffic, path: string): void {
    this.#traffic = traffic;
    this.#path = path;
    this.enteredAtMs = this.#host.clock.nowMs();
    const place = traffic.enter(this);
    if (place?.taken) this.#place = place;
  }

  admit(replica: Replica): void {
    this.#place = undefined;
    this.#replica = replica;
    this.#admittedAtMs = this.#host.clock.nowMs();
    const timeoutMs = this.#traffic?.view.timeoutMs ?? 0;
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#tookTooLong(timeoutMs), timeoutMs);
    const { headers, upgrade, requestId } = this.#head;
    try {
      this.#attempt = new Attempt(
        replica.upstream,
        {
          method: this.#request.method ?? 'GET',
          path: this.#path,
          headers: [...headers.headers, HEADER.requestId, requestId],
          body: this.#body?.open() ?? null,
          upgrade,
          repeatable: () => this.#body?.replayable ?? true,
        },
        this,
      );
    } catch (error) {
      // A request that cannot be put into words for the replica, such as one with a header that is none.
      this.broke(error instanceof Error ? error : new Error(String(error)));
    }
  }

  refuse(failure: Failure): void {
    this.#place = undefined;
    if (this.#over) return;
    const key = this.#traffic?.view.key ?? null;
    if (this.#replica !== undefined) this.#host.failed(failure, key, this.#head.requestId);
    if (this.#begun) {
      // Part of an answer is out: a cut connection is how a client can tell.
      this.#response.destroy();
    } else {
      const answer = answerFor(failure, key, this.#head.requestId, this.#host.leaving);
      this.#response.writeHead(answer.status, answer.headers);
      this.#response.end(answer.body);
      this.#traffic?.countAnswer(answer.status);
    }
    this.#finish();
  }

  /** Refuses what is under way already: its client went wrong meanwhile. */
  reject(failure: Failure): void {
    this.#attempt?.abandon();
    if (this.#place !== undefined) this.#traffic?.leave(this.#place);
    this.refuse(failure);
  }

  informational(status: number, headers: ResponseHeaders): void {
    const link = headers.link;
    if (status === 103 && link !== undefined) this.#response.writeEarlyHints({ link });
    else if (status === 102) this.#response.writeProcessing();
  }

  head(status: number, statusText: string, from: ResponseHeaders): void {
    const waitMs = this.#admittedAtMs - this.enteredAtMs;
    const coldMs = this.#coldMs();
    const headers = responseHeaders(from);
    headers.push(
      HEADER.requestId,
      this.#head.requestId,
      HEADER.coldStart,
      coldMs > 0 ? 'true' : 'false',
      HEADER.serverTiming,
      serverTiming(waitMs - coldMs, coldMs, this.#host.clock.nowMs() - this.#admittedAtMs),
    );
    if (this.#host.leaving) headers.push('connection', 'close');
    this.#begun = true;
    this.#body?.release();
    this.#response.writeHead(status, statusText, headers);
    this.#traffic?.countAnswer(status);
    // Once all that arrived with the head is dealt with: a stream's head goes out before its first chunk is there.
    process.nextTick(flushHead, this.#response);
  }

  data(chunk: Buffer): boolean {
    if (this.#response.write(chunk)) return true;
    this.#response.once('drain', () => this.#attempt?.resume());
    return false;
  }

  end(trailers: ResponseHeaders): void {
    for (const name in trailers) this.#response.addTrailers({ [name]: String(trailers[name]) });
    this.#response.end();
    this.#finish();
  }

  untouched(): void {
    clearTimeout(this.#timer);
    const replica = this.#replica;
    this.#replica = undefined;
    this.#attempt = undefined;
    if (replica === undefined || this.#traffic === undefined) return;
    const place = this.#traffic.giveBack(this, replica);
    if (place.taken) this.#place = place;
  }

  broke(error: Error): void {
    // Its other connections may be dying with this one.
    if (!this.#begun && this.#replica !== undefined && wasCutOff(error)) this.#traffic?.doubt(this.#replica);
    const code = 'code' in error ? ` (${String(error.code)})` : '';
    this.refuse({
      code: 'ReplicaFailed',
      message: `the replica broke off before it answered${code}; see its log with this request id`,
    });
  }

  upgraded(status: number, from: ResponseHeaders, socket: Duplex): void {
    clearTimeout(this.#timer);
    this.#begun = true;
    this.#traffic?.countAnswer(status);
    const client = this.#request.socket;
    this.#response.detachSocket(client);
    const head = [...responseHeaders(from), HEADER.requestId, this.#head.requestId];
    head.push(HEADER.coldStart, String(this.#coldMs() > 0));
    head.push('connection', 'upgrade', 'upgrade', String(from.upgrade ?? this.#head.upgrade));
    this.#host.joined(joinSockets(client, socket, head, () => this.#finish()));
  }

  /** How long it waited for a replica that was not there when it came; 0: it did not. */
  #coldMs(): number {
    const answeredAtMs = this.#replica?.answeredAtMs ?? 0;
    return Math.min(Math.max(0, answeredAtMs - this.enteredAtMs), this.#admittedAtMs - this.enteredAtMs);
  }

  #tookTooLong(timeoutMs: number): void {
    this.#attempt?.abandon();
    // One that is stuck does not answer a probe either.
    if (!this.#begun && this.#replica !== undefined) this.#traffic?.doubt(this.#replica);
    this.refuse({
      code: 'Timeout',
      message: `the function took longer than ${timeoutMs / 1000} s (spec.timeoutSeconds)`,
    });
  }

  #clientLeft(): void {
    if (this.#over) return;
    this.#attempt?.abandon();
    if (this.#place !== undefined) this.#traffic?.leave(this.#place);
    this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#request.socket.off('close', this.#onClose);
    if (this.#replica !== undefined) this.#traffic?.finish(this.#replica);
    this.#discardBody();
    this.#host.ended();
  }

  #discardBody(): void {
    const { socket, complete } = this.#request;
    if (this.#body === undefined || complete || socket.destroyed) return;
    this.#body.discard();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    const end = () => {
      clearTimeout(timer);
      socket.off('close', end);
    };
    this.#request.once('end', end);
    socket.once('close', end);
  }
}

function flushHead(response: ServerResponse): void {
  if (!response.writableEnded && !response.destroyed) response.flushHeaders();
}
