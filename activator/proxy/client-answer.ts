import type { Duplex } from 'node:stream';
import type { GatewayError, Reply } from '../errors/gateway-error.ts';
import type { Entry } from '../errors/guarded-entries.ts';
import type { NotStarted } from '../functions/target.ts';
import type { ClientStream } from '../inbound/client-stream.ts';
import { type AnswerFields, amend } from '../policy/answer-fields.ts';
import type { FunctionBudget } from '../queue/fair-share.ts';
import type { Attempt, Inbound } from './attempt.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { responseHeaders, trailers } from './headers.ts';
import type { RequestBody } from './request-body.ts';
import type { RequestRecord } from './request-record.ts';
import { openTunnel, type Tunnel } from './tunnel.ts';
import { type AnswerReader, UnreadAnswer } from './unread-answer.ts';
import { answerHeaders, ownHeaders, writeFailure, writeReply } from './write-response.ts';

/** Replies of no more characters are not counted while a client does not read them: its request costs more. */
const SMALL_REPLY = 16_384;

/** The request's exchange, which decides what becomes of it. */
export interface AnswerOwner extends AnswerReader {
  /** The replica has begun to answer. @param status 101: the connection is another protocol's from here on */
  begun(status: number): void;
  /** All of the answer is written, or the tunnel is closed. */
  finish(): void;
  notStarted(why: NotStarted): void;
  broke(error: Error): void;
}

/** What comes back from a replica, on its way to the client; or what the gateway answers in its place. */
export class ClientAnswer implements Inbound {
  /** Where it comes from; undefined: no replica has the request. */
  from: Attempt | undefined;
  /** The memory that a slow client's answer is counted in; undefined: it is not counted. */
  budget: FunctionBudget | undefined;
  /** What the function's policies add to the answer; undefined: nothing. */
  fields: readonly AnswerFields[] | undefined;
  readonly #stream: ClientStream;
  readonly #record: RequestRecord;
  readonly #context: ExchangeContext;
  readonly #owner: AnswerOwner;
  #tunnel: Tunnel | undefined;
  /** Undefined while the client is as fast as its replica. */
  #unread: UnreadAnswer | undefined;

  constructor(stream: ClientStream, record: RequestRecord, context: ExchangeContext, owner: AnswerOwner) {
    this.#stream = stream;
    this.#record = record;
    this.#context = context;
    this.#owner = owner;
  }

  /** Between the client's connection and the replica's, once the protocol is switched. */
  get tunnel(): Tunnel | undefined {
    return this.#tunnel;
  }
  /** The client's connection speaks another protocol, or is about to. */
  get isUpgraded(): boolean {
    return this.#stream.upgradedBytes !== undefined;
  }

  informational(status: number, headers: string[]): void {
    this.#record.move();
    this.#stream.informational(status, headers);
  }

  head(status: number, reason: string, headers: string[]): void {
    this.#begin(status, reason, headers);
    // Once all that arrived with it is dealt with: a stream's head before its first chunk is there.
    this.#stream.flush();
  }

  whole(status: number, reason: string, headers: string[], body: string): void {
    this.#begin(status, reason, headers);
    this.#record.bytesOut = body.length;
    this.#stream.endWith(body, 'latin1');
    this.#owner.finish();
  }

  data(chunk: Buffer, letGo: (() => void) | undefined): boolean {
    this.#record.move();
    this.#record.bytesOut += chunk.length;
    if (this.#stream.write(chunk, letGo)) return true;
    this.#unread ??= new UnreadAnswer(this.#stream, this.#owner, this.budget);
    return this.#unread.mayGrow(this.#stream, this.from);
  }

  end(from: string[]): void {
    this.#stream.end(from.length === 0 ? from : trailers(from));
    this.#owner.finish();
  }

  notStarted(why: NotStarted): void {
    this.#owner.notStarted(why);
  }

  broke(error: Error): void {
    this.#owner.broke(error);
  }

  crash(entry: Entry, error: unknown): void {
    this.#owner.crash(entry, error);
  }

  upgraded(from: string[], replica: Duplex): void {
    this.#begun(101);
    const headers = [...responseHeaders(from, 101, false), ...ownHeaders(this.#record)];
    const client = this.#stream.upgrade(this.#amended(headers));
    const closed = () => this.#owner.finish();
    const watcher = { budget: this.budget, moved: () => this.#record.move(), closed };
    this.#tunnel = openTunnel(client, replica, this.#stream.upgradeTo ?? '', watcher);
    this.#context.joined(this.#tunnel);
  }

  /** Instead of a replica's answer; where that is on its way already, it ends in the middle. */
  fail(failure: GatewayError): void {
    if (this.#stream.begun) {
      this.#stream.reset();
      return;
    }
    this.#endConnectionIfDraining();
    writeFailure(this.#stream, failure, this.#record, this.fields);
  }

  /** An answer that no replica gave, and that is no failure. */
  reply(reply: Reply): void {
    this.#record.begin(reply.status);
    this.#record.bytesOut = reply.body.length;
    this.#endConnectionIfDraining();
    const headers = [...reply.headers, ...ownHeaders(this.#record)];
    writeReply(this.#stream, { ...reply, headers: this.#amended(headers) });
    if (reply.body.length > SMALL_REPLY) this.#holdUnsent();
  }

  /** Until it has left, or the connection is closed. */
  #holdUnsent(): void {
    this.#unread ??= new UnreadAnswer(this.#stream, this.#owner, this.budget);
    this.#unread.mayGrow(this.#stream, undefined);
  }

  /** Nothing more can be answered: the stream ends at once. */
  cut(): void {
    this.#stream.reset();
  }

  /** The client takes no more of it, or has all. */
  onClosed(): void {
    this.#unread?.forget();
  }

  /** It is over, and what the client still sends of its request is of no use any more. */
  close(body: RequestBody | undefined): void {
    const { upgradedBytes } = this.#stream;
    if (upgradedBytes !== undefined) this.#record.bytesOut = upgradedBytes;
    if (body !== undefined && this.#stream.linger()) body.discard();
  }

  #begin(status: number, reason: string, from: string[]): void {
    this.#begun(status);
    this.#endConnectionIfDraining();
    const headers = answerHeaders(from, this.#record, this.#stream.takesTrailers);
    this.#stream.begin(status, this.#amended(headers), reason);
  }

  #amended(headers: string[]): string[] {
    return this.fields === undefined ? headers : amend(headers, this.fields);
  }

  #endConnectionIfDraining(): void {
    if (this.#context.draining) this.#stream.endConnection();
  }

  #begun(status: number): void {
    this.#record.begin(status);
    this.#owner.begun(status);
  }
}
