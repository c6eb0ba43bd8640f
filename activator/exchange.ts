import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HEADER } from '#api/names.ts';
import {
  abandonBody,
  answerHeaders,
  breakOff,
  endWith,
  flushSoon,
  whose,
  writeFailure,
  writeInformational,
} from './answer.ts';
import { Attempt, type Inbound, type Outbound } from './attempt.ts';
import { attempt, caught, type Entry, enter, guarded } from './entries.ts';
import { type Failure, GATEWAY_FAULT, withoutDetail } from './failure.ts';
import type { Visitor, Waiting } from './gate.ts';
import { pauseBeforeTry, TURNED_AWAY, type Untouched } from './give-backs.ts';
import { responseHeaders } from './headers.ts';
import type { Host, RequestHead } from './host.ts';
import type { BodyFraming } from './http1/request-head.ts';
import { Journal } from './journal.ts';
import type { Replica } from './replica.ts';
import { RequestBody } from './request-body.ts';
import type { Suspect } from './stuck-replicas.ts';
import { tooLarge } from './time-limits.ts';
import { TimeWatch } from './time-watch.ts';
import type { FunctionTraffic } from './traffic.ts';
import { UnreadAnswer } from './unread-answer.ts';
import { type Joint, joinSockets } from './upgrade.ts';
import { wasCutOff } from './upstream.ts';

const EXPECTS = ['expect', '100-continue'];

/** One request from its arrival to the end of its answer. */
export class Exchange implements Visitor<Replica>, Inbound, Outbound {
  path = '/';
  waitMs = 0;
  sentTwice = false;
  readonly body: RequestBody | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #host: Host;
  readonly #journal: Journal;
  #traffic: FunctionTraffic | undefined;
  #place: Waiting<Replica> | undefined;
  #replica: Replica | undefined;
  #attempt: Attempt | undefined;
  #time: TimeWatch | undefined;
  /** What had gone out over the client's connection when it became one for another protocol. */
  #upgradedAtBytes: number | undefined;
  #joint: Joint | undefined;
  /** How often a replica has not begun with it. */
  #givenBack = 0;
  /** Undefined while the client is as fast as its replica. */
  #unread: UnreadAnswer | undefined;
  #over = false;

  constructor(request: IncomingMessage, response: ServerResponse, head: RequestHead, host: Host) {
    this.#request = request;
    this.#response = response;
    this.#head = head;
    this.#host = host;
    if (head.headers.hasBody) {
      const awaited = head.expectsContinue ? response : undefined;
      this.body = new RequestBody(request, awaited, this);
    }
    this.#journal = new Journal(request, head, this.body, host.clock);
  }

  /** True once it is answered, or nobody is there to be answered. */
  get over(): boolean {
    return this.#over;
  }
  /** Its two connections are one now. */
  get joined(): boolean {
    return this.#joint !== undefined;
  }
  get enteredAtMs(): number {
    return this.#journal.enteredAtMs;
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
    const awaited = this.body?.awaited === true;
    if (!awaited && this.waitMs === 0) return headers;
    const patience = this.waitMs > 0 ? [HEADER.waitMs, String(this.waitMs)] : [];
    return [...headers, ...(awaited ? EXPECTS : []), ...patience];
  }
  get heldBytes(): number {
    return this.body?.heldBytes ?? 0;
  }
  get sentForMs(): number {
    return this.#journal.functionMs;
  }

  /** @param path path and query as the function gets them. */
  enter(traffic: FunctionTraffic, path: string): void {
    this.#traffic = traffic;
    this.path = path;
    this.#journal.enter(traffic);
    this.body?.charge(traffic.share);
    const failure = tooLarge(this.#head.headers.bodyBytes ?? 0, traffic.view.maxBodyBytes);
    if (failure === undefined) this.#waitAt(traffic.enter(this));
    else this.refuse(failure);
  }

  admit(replica: Replica): void {
    this.#place = undefined;
    this.#replica = replica;
    try {
      enter('request admitted');
      this.#journal.admit(replica);
      this.#watchTime();
      this.#attempt = new Attempt(replica.upstream, this, this);
    } catch (error) {
      this.crash('request admitted', error);
    }
  }

  refuse(failure: Failure): void {
    this.#place = undefined;
    if (this.#over) return;
    try {
      enter('request refused');
      this.#fail(failure);
    } catch (error) {
      this.crash('request refused', error);
    }
  }

  /** Something of ours threw: this request ends with 500, or with its connection where an answer is on its way. */
  crash(entry: Entry, error: unknown): void {
    caught(entry, error, this.#head.requestId);
    attempt(entry, () => this.#leave());
    const { socket } = this.#request;
    if (this.#over || this.#upgradedAtBytes !== undefined) socket.destroy();
    if (this.#over) return;
    try {
      this.#fail(GATEWAY_FAULT);
    } catch (another) {
      caught(entry, another, this.#head.requestId);
      socket.destroy();
      this.#finish();
    }
  }

  /** Refuses what is under way already: its client went wrong meanwhile. */
  reject(failure: Failure): void {
    this.#leave();
    this.refuse(failure);
  }

  /** No more can be said to the client: its connection is closed, or it has the whole answer. */
  left(): void {
    this.#unread?.forget();
    if (this.#over) return;
    this.#leave();
    this.#finish();
  }

  informational(status: number, headers: string[]): void {
    this.#journal.move();
    writeInformational(this.#response, status, headers);
  }

  head(status: number, reason: string, headers: string[]): void {
    this.#begin(status, reason, headers);
    flushSoon(this.#response);
  }

  whole(status: number, reason: string, headers: string[], body: string): void {
    this.#begin(status, reason, headers);
    this.#journal.bytesOut = body.length;
    this.#response.end(body, 'latin1');
    this.#finish();
  }

  data(chunk: Buffer, letGo: (() => void) | undefined): boolean {
    this.#journal.move();
    this.#journal.bytesOut += chunk.length;
    if (this.#response.write(chunk, letGo)) return true;
    this.#unread ??= new UnreadAnswer(this.#response, this, this.#traffic?.share);
    return this.#unread.mayGrow(this.#response, this.#attempt);
  }

  end(trailers: string[]): void {
    endWith(this.#response, trailers);
    this.#finish();
  }

  untouched(why: Untouched): void {
    this.#time?.stop();
    this.#attempt = undefined;
    this.#givenBack += 1;
    const pauseMs = pauseBeforeTry(this.#givenBack);
    if (pauseMs === undefined) this.refuse(TURNED_AWAY);
    else if (pauseMs === 0) this.#giveBack(why);
    else this.#giveBackAfter(pauseMs, why);
  }

  #giveBackAfter(pauseMs: number, why: Untouched): void {
    if (why !== 'full') this.#doubt();
    const again = guarded(
      'timer',
      () => this.#giveBack(why),
      (error) => this.crash('timer', error),
    );
    this.#host.clock.after(pauseMs, again);
  }

  #giveBack(why: Untouched): void {
    const replica = this.#replica;
    if (this.#over) return;
    this.#replica = undefined;
    if (replica !== undefined) this.#waitAt(this.#traffic?.giveBack(this, replica, why));
  }

  broke(error: Error): void {
    // Its other connections may be dying with this one.
    if (!this.#journal.begun && wasCutOff(error)) this.#doubt();
    const code = 'code' in error ? ` (${String(error.code)})` : '';
    this.refuse({
      code: 'ReplicaFailed',
      message: `the replica broke off before it answered${code}; see its log with this request id`,
    });
  }

  upgraded(from: string[], socket: Socket): void {
    this.#begun(101);
    const client = this.#request.socket;
    this.#upgradedAtBytes = client.bytesWritten;
    this.#response.detachSocket(client);
    const headers = [...responseHeaders(from, 101, false), ...whose(this.#journal)];
    headers.push('connection', 'upgrade', 'upgrade', this.#head.upgrade ?? '');
    const budget = this.#traffic?.share;
    const watcher = { budget, moved: () => this.#journal.move(), closed: () => this.#finish() };
    this.#joint = joinSockets(client, socket, headers, watcher);
    this.#host.joined(this.#joint);
    this.#time?.opened();
  }

  /** @param place where it was given one; it may have been admitted from there since. */
  #waitAt(place: Waiting<Replica> | undefined): void {
    if (place === undefined || !place.taken) return;
    this.#place = place;
    // A client that leaves is noticed only while what it sends is read.
    this.body?.readAhead();
  }

  #fail(failure: Failure): void {
    const journal = this.#journal;
    journal.code = failure.code;
    if (this.#traffic !== undefined) this.#host.failed(failure, journal);
    if (this.#response.headersSent || this.#upgradedAtBytes !== undefined) breakOff(this.#response);
    else writeFailure(this.#response, this.#shown(failure), journal, this.#host.leaving);
    this.#finish();
  }

  #begin(status: number, reason: string, from: string[]): void {
    this.#begun(status);
    this.body?.release();
    const headers = answerHeaders(from, this.#journal, this.#response);
    if (this.#host.leaving) headers.push('connection', 'close');
    this.#response.writeHead(status, reason, headers);
  }

  #begun(status: number): void {
    this.#journal.begin(status);
    if (this.#replica !== undefined) this.#traffic?.answered(this.#replica);
  }

  received(total: number): void {
    this.#journal.move();
    const failure = tooLarge(total, this.#traffic?.view.maxBodyBytes ?? 0);
    if (failure !== undefined) this.reject(failure);
  }

  #watchTime(): void {
    const timeouts = this.#traffic?.view.timeouts;
    if (timeouts === undefined) return;
    this.#time ??= new TimeWatch(this.#journal, this.#host, this);
    this.#time.start(timeouts);
  }

  /** The client has taken all that was written. */
  readOn(): void {
    this.#journal.move();
    this.#attempt?.resume();
  }

  /** A limit has passed. */
  tookTooLong(failure: Failure): void {
    if (this.#joint !== undefined) {
      this.#journal.code = failure.code;
      this.#host.failed(failure, this.#journal);
      void this.#joint.leave(failure.message);
      return;
    }
    this.#attempt?.abandon();
    // One that is stuck does not answer a probe either.
    if (!this.#journal.begun) this.#doubt(this.#journal);
    this.refuse(failure);
  }

  #shown(failure: Failure): Failure {
    return this.#host.errorDetail ? failure : withoutDetail(failure);
  }

  #doubt(suspect?: Suspect): void {
    if (this.#replica !== undefined) this.#traffic?.doubt(this.#replica, suspect);
  }

  /** Neither waits nor is with a replica any more. */
  #leave(): void {
    this.#attempt?.abandon();
    if (this.#place !== undefined) this.#traffic?.leave(this.#place);
    this.#place = undefined;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    try {
      this.#time?.stop();
      const { socket } = this.#request;
      if (this.#upgradedAtBytes !== undefined) this.#journal.bytesOut = socket.bytesWritten - this.#upgradedAtBytes;
      if (this.#replica !== undefined) this.#traffic?.finish(this.#replica);
      this.body?.release();
      if (this.body !== undefined) abandonBody(this.#request, this.body);
    } finally {
      this.#host.finished(this.#journal);
    }
  }
}
