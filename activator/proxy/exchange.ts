import { brokeOff, GATEWAY_FAULT, type GatewayError, type Reply, withoutDetail } from '../errors/gateway-error.ts';
import { attempt, caught, type Entry, enter, guarded } from '../errors/guarded-entries.ts';
import type { FunctionQueue, NotStarted, Target } from '../functions/target.ts';
import type { ClientStream, StreamHandler } from '../inbound/client-stream.ts';
import type { Caller } from '../policy/caller.ts';
import type { Judgement } from '../policy/policy-chain.ts';
import type { QueuedRequest, WaitingRequest } from '../queue/queued-request.ts';
import type { Replica } from '../replicas/replica.ts';
import type { Suspect } from '../replicas/stuck-replicas.ts';
import { wasCutOff } from '../upstream/connection-pool.ts';
import { Attempt } from './attempt.ts';
import { type AnswerOwner, ClientAnswer } from './client-answer.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import { type BodyWatcher, RequestBody } from './request-body.ts';
import { RequestRecord } from './request-record.ts';
import type { RequestTaker } from './request-taker.ts';
import { RequestTimer, type RequestTimerWatcher } from './request-timer.ts';
import { pauseBeforeTry, TURNED_AWAY } from './retry-pause.ts';
import { tooLarge } from './time-limits.ts';

/**
 * One request from its arrival to the end of its answer: it waits in its function's queue, then is tried at one replica
 * after the other. OutgoingRequest is what is sent there, ClientAnswer what comes back. Longer than 250 lines: a request may end
 * at any point of its way, and what has to be ended then is what it has begun.
 */
export class Exchange implements QueuedRequest<Replica>, StreamHandler, AnswerOwner, BodyWatcher, RequestTimerWatcher {
  waitMs = 0;
  readonly #outgoing: OutgoingRequest;
  readonly #answer: ClientAnswer;
  readonly #context: ExchangeContext;
  readonly #record: RequestRecord;
  #queue: FunctionQueue | undefined;
  /** What has it in the place of a queue. */
  #taker: RequestTaker | undefined;
  /** What judged it, and counts it where its queue does not. */
  #judge: Pick<Target, 'config' | 'finished'> | undefined;
  #judgement: Judgement | undefined;
  #waiting: WaitingRequest<Replica> | undefined;
  #replica: Replica | undefined;
  #timer: RequestTimer | undefined;
  /** Tries that ended with the replica not beginning; sets the backoff. */
  #givenBack = 0;
  #mayHaveBegun = false;
  #over = false;

  constructor(stream: ClientStream, outgoing: OutgoingRequest, context: ExchangeContext) {
    this.#outgoing = outgoing;
    this.#context = context;
    if (outgoing.headers.hasBody) outgoing.body = new RequestBody(stream, this);
    this.#record = new RequestRecord(stream.head, outgoing, context.clock);
    outgoing.record = this.#record;
    this.#answer = new ClientAnswer(stream, this.#record, context, this);
    stream.handler = this;
  }

  /** It is answered, or its client is gone. */
  get over(): boolean {
    return this.#over;
  }
  /** A replica may have begun with it: false only where it certainly has not. */
  get mayHaveBegun(): boolean {
    return this.#mayHaveBegun;
  }
  get enteredAtMs(): number {
    return this.#record.enteredAtMs;
  }
  get heldBytes(): number {
    return this.#outgoing.body?.heldBytes ?? 0;
  }

  /** Address of the client; see `RequestHeaders`. */
  get clientAddress(): string {
    return this.#outgoing.headers.clientAddress;
  }
  /** How the client came, as the function is told. */
  get clientProtocol(): string {
    return this.#outgoing.headers.clientProtocol;
  }

  /** What is sent to a replica. */
  get outgoing(): Pick<OutgoingRequest, 'requestId' | 'headers'> {
    return this.#outgoing;
  }
  /** Who asks, as the function's policies found out; undefined: they do not know, or there are none. */
  get caller(): Caller | undefined {
    return this.#judgement?.caller;
  }

  /** The policies of a function judge it, which is counted as that function's from here on. */
  judgedBy(judge: Pick<Target, 'config' | 'finished'>): void {
    this.#judge = judge;
    this.#record.judgedFor(judge.config.key);
  }

  /** What they have made of it. */
  judged(judgement: Judgement): void {
    this.#judgement = judgement;
    this.#outgoing.exchangeHeaders(judgement.withheld, judgement.given);
    if (judgement.answer.length > 0) this.#answer.fields = judgement.answer;
  }

  /** @param path path and query as the function gets them. */
  enter(queue: FunctionQueue, path: string): void {
    this.#queue = queue;
    this.#outgoing.path = path;
    this.#record.enter(queue);
    this.#answer.budget = queue.budget;
    this.#outgoing.body?.charge(queue.budget);
    const failure = tooLarge(this.#outgoing.headers.bodyBytes ?? 0, queue.config.maxBodyBytes);
    if (failure === undefined) this.#waitAt(queue.enter(this));
    else this.refuse(failure);
  }

  /** It goes through no queue, and is answered by what the stage that calls this decides. */
  give(taker: RequestTaker): void {
    this.#taker = taker;
    this.#answer.budget = taker.budget;
    const { body } = this.#outgoing;
    if (taker.sink === undefined) return;
    // It is read once: nothing of it has to be kept here for another try.
    body?.release();
    if (body === undefined) taker.sink.finish([]);
    else body.open(taker.sink);
  }

  admit(replica: Replica): void {
    this.#waiting = undefined;
    this.#replica = replica;
    try {
      enter('request admitted');
      this.#record.admit(replica);
      this.#timer ??= new RequestTimer(this.#record, this.#context, this);
      this.#timer.start(this.#outgoing.timeouts ?? this.#queue?.config.timeouts);
      this.#outgoing.waitMs = this.waitMs;
      this.#mayHaveBegun = true;
      this.#answer.from = new Attempt(replica.upstream, this.#outgoing, this.#answer);
    } catch (error) {
      this.crash('request admitted', error);
    }
  }

  refuse(failure: GatewayError): void {
    this.#waiting = undefined;
    if (this.#over) return;
    try {
      enter('request refused');
      this.#fail(failure);
    } catch (error) {
      this.crash('request refused', error);
    }
  }

  /** Answers it without a function, before it is in a queue. */
  reply(reply: Reply): void {
    if (this.#over) return;
    this.#answer.reply(reply);
    this.finish();
  }

  /** A callback of the gateway threw: the request ends with 500, or is reset where its answer has begun. */
  crash(entry: Entry, error: unknown): void {
    caught(entry, error, this.#outgoing.requestId);
    attempt(entry, () => this.#withdraw());
    if (this.#over || this.#answer.isUpgraded) this.#answer.cut();
    if (this.#over) return;
    try {
      this.#fail(GATEWAY_FAULT);
    } catch (another) {
      caught(entry, another, this.#outgoing.requestId);
      this.#answer.cut();
      this.finish();
    }
  }

  /** Refuses a request that is being served: what its client sent since is at fault. */
  reject(failure: GatewayError): void {
    this.#withdraw();
    this.refuse(failure);
  }

  /** The client's connection is closed, or it has the whole answer. */
  onClosed(): void {
    this.#answer.onClosed();
    if (this.#over) return;
    this.#withdraw();
    this.finish();
  }

  begun(status: number): void {
    if (this.#replica !== undefined) this.#queue?.answered(this.#replica);
    this.#outgoing.body?.release();
    if (status === 101) this.#timer?.opened();
  }

  /** It is over, however it ended. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    try {
      this.#timer?.stop();
      if (this.#replica !== undefined) this.#queue?.finish(this.#replica);
      this.#taker?.over();
      this.#outgoing.body?.release();
      this.#answer.close(this.#outgoing.body);
    } finally {
      this.#count();
    }
  }

  notStarted(why: NotStarted): void {
    this.#timer?.stop();
    this.#answer.from = undefined;
    // What was sent twice may have begun the first time.
    this.#mayHaveBegun = this.#outgoing.sentTwice;
    this.#givenBack += 1;
    const pauseMs = pauseBeforeTry(this.#givenBack);
    if (pauseMs === undefined) this.refuse(TURNED_AWAY);
    else if (pauseMs === 0) this.#giveBack(why);
    else this.#giveBackAfter(pauseMs, why);
  }

  broke(error: Error): void {
    // A crash of the replica's process cuts its other connections as well.
    if (!this.#record.begun && wasCutOff(error)) this.#doubt();
    this.refuse(brokeOff(error));
  }

  received(total: number): void {
    this.#record.move();
    const failure =
      this.#taker === undefined ? tooLarge(total, this.#queue?.config.maxBodyBytes ?? 0) : this.#taker.received(total);
    if (failure !== undefined) this.reject(failure);
  }

  /** The client has taken all that was written. */
  readOn(): void {
    this.#record.move();
    this.#answer.from?.resume();
  }

  /** A limit has passed. */
  tookTooLong(failure: GatewayError): void {
    const { tunnel, from } = this.#answer;
    if (tunnel !== undefined) {
      this.#record.code = failure.code;
      this.#context.failed(failure, this.#record);
      void tunnel.close(failure.message);
      return;
    }
    from?.abandon();
    // A probe decides: a replica that is stuck does not answer it either.
    if (!this.#record.begun) this.#doubt(this.#record);
    this.refuse(failure);
  }

  #giveBackAfter(pauseMs: number, why: NotStarted): void {
    if (why !== 'full') this.#doubt();
    const again = () => this.#giveBack(why);
    const failed = (error: Error) => this.crash('timer', error);
    this.#context.clock.after(pauseMs, guarded('timer', again, failed));
  }

  #giveBack(why: NotStarted): void {
    const replica = this.#replica;
    if (this.#over) return;
    this.#replica = undefined;
    if (replica !== undefined) this.#waitAt(this.#queue?.giveBack(this, replica, why));
  }

  /** @param waiting undefined: it did not have to wait; it may have been admitted since, too. */
  #waitAt(waiting: WaitingRequest<Replica> | undefined): void {
    if (waiting === undefined || !waiting.taken) return;
    this.#waiting = waiting;
    // The end of the client's connection is seen only while its body is read.
    this.#outgoing.body?.readAhead();
  }

  #fail(failure: GatewayError): void {
    this.#record.code = failure.code;
    const isOfFunction = (this.#queue ?? this.#judge) !== undefined;
    if (isOfFunction) this.#context.failed(failure, this.#record, this.#judgement);
    this.#answer.fail(this.#context.errorDetail ? failure : withoutDetail(failure));
    this.finish();
  }

  #doubt(suspect?: Suspect): void {
    if (this.#replica !== undefined) this.#queue?.doubt(this.#replica, suspect);
  }

  /** Takes it out of the queue, and from its replica. */
  #withdraw(): void {
    this.#answer.from?.abandon();
    if (this.#waiting !== undefined) this.#queue?.cancel(this.#waiting);
    this.#waiting = undefined;
  }

  #count(): void {
    try {
      enter('finished');
      (this.#queue ?? this.#judge ?? this.#context.unrouted).finished(this.#record);
    } catch (error) {
      caught('finished', error, this.#outgoing.requestId);
    }
    this.#context.finished(this.#record);
  }
}
