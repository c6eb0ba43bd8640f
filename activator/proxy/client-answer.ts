import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { GatewayError, Reply } from '../errors/gateway-error.ts';
import type { Entry } from '../errors/guarded-entries.ts';
import type { NotStarted } from '../functions/target.ts';
import type { FunctionBudget } from '../queue/fair-share.ts';
import type { Attempt, Inbound } from './attempt.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { responseHeaders } from './headers.ts';
import type { RequestBody } from './request-body.ts';
import type { RequestRecord } from './request-record.ts';
import { openTunnel, type Tunnel } from './tunnel.ts';
import { type AnswerReader, UnreadAnswer } from './unread-answer.ts';
import {
  abandonBody,
  answerHeaders,
  breakOff,
  endWith,
  flushSoon,
  whose,
  writeFailure,
  writeInformational,
  writeReply,
} from './write-response.ts';

/** Whose answer it is, who decides what becomes of the request. */
export interface AnswerOwner extends AnswerReader {
  /** The replica has begun to answer. @param status 101: the connection is another protocol's from here on */
  begun(status: number): void;
  /** All of the answer is written, or the tunnel is closed. */
  finish(): void;
  untouched(why: NotStarted): void;
  broke(error: Error): void;
}

/** What comes back from a replica, on its way to the client; or what the gateway says in its place. */
export class ClientAnswer implements Inbound {
  /** Where it comes from; undefined: no replica has the request. */
  from: Attempt | undefined;
  /** Whose memory it is that a slow client's answer is kept in; undefined: it is not counted. */
  budget: FunctionBudget | undefined;
  readonly #response: ServerResponse;
  readonly #record: RequestRecord;
  readonly #host: ExchangeContext;
  readonly #owner: AnswerOwner;
  /** What had gone out over the client's connection when it became one for another protocol. */
  #upgradedAtBytes: number | undefined;
  #joint: Tunnel | undefined;
  /** Undefined while the client is as fast as its replica. */
  #unread: UnreadAnswer | undefined;

  constructor(response: ServerResponse, record: RequestRecord, host: ExchangeContext, owner: AnswerOwner) {
    this.#response = response;
    this.#record = record;
    this.#host = host;
    this.#owner = owner;
  }

  /** The client's connection and the replica's, once they are one. */
  get joint(): Tunnel | undefined {
    return this.#joint;
  }
  /** The client's connection speaks another protocol, or is about to. */
  get isUpgraded(): boolean {
    return this.#upgradedAtBytes !== undefined;
  }

  informational(status: number, headers: string[]): void {
    this.#record.move();
    writeInformational(this.#response, status, headers);
  }

  head(status: number, reason: string, headers: string[]): void {
    this.#begin(status, reason, headers);
    flushSoon(this.#response);
  }

  whole(status: number, reason: string, headers: string[], body: string): void {
    this.#begin(status, reason, headers);
    this.#record.bytesOut = body.length;
    this.#response.end(body, 'latin1');
    this.#owner.finish();
  }

  data(chunk: Buffer, letGo: (() => void) | undefined): boolean {
    this.#record.move();
    this.#record.bytesOut += chunk.length;
    if (this.#response.write(chunk, letGo)) return true;
    this.#unread ??= new UnreadAnswer(this.#response, this.#owner, this.budget);
    return this.#unread.mayGrow(this.#response, this.from);
  }

  end(trailers: string[]): void {
    endWith(this.#response, trailers);
    this.#owner.finish();
  }

  untouched(why: NotStarted): void {
    this.#owner.untouched(why);
  }

  broke(error: Error): void {
    this.#owner.broke(error);
  }

  crash(entry: Entry, error: unknown): void {
    this.#owner.crash(entry, error);
  }

  upgraded(from: string[], socket: Socket): void {
    this.#begun(101);
    const client = this.#response.req.socket;
    this.#upgradedAtBytes = client.bytesWritten;
    this.#response.detachSocket(client);
    const headers = [...responseHeaders(from, 101, false), ...whose(this.#record)];
    headers.push('connection', 'upgrade', 'upgrade', this.#response.req.headers.upgrade ?? '');
    const closed = () => this.#owner.finish();
    const watcher = { budget: this.budget, moved: () => this.#record.move(), closed };
    this.#joint = openTunnel(client, socket, headers, watcher);
    this.#host.joined(this.#joint);
  }

  /** Instead of a replica's answer; where that is on its way already, it ends in the middle. */
  fail(failure: GatewayError): void {
    if (this.#response.headersSent || this.isUpgraded) breakOff(this.#response);
    else writeFailure(this.#response, failure, this.#record, this.#host.draining);
  }

  /** An answer that no replica gave, and that is no failure. */
  reply(reply: Reply): void {
    this.#record.begin(reply.status);
    this.#record.bytesOut = reply.body.length;
    writeReply(this.#response, { ...reply, headers: [...reply.headers, ...whose(this.#record)] }, this.#host.draining);
  }

  /** No more can be said: the connection ends at once. */
  cut(): void {
    this.#response.req.socket.destroy();
  }

  /** The client takes no more of it, or has all. */
  left(): void {
    this.#unread?.forget();
  }

  /** It is over, and what the client still sends of its request is of no use any more. */
  close(body: RequestBody | undefined): void {
    const { req } = this.#response;
    if (this.#upgradedAtBytes !== undefined) this.#record.bytesOut = req.socket.bytesWritten - this.#upgradedAtBytes;
    if (body !== undefined) abandonBody(req, body);
  }

  #begin(status: number, reason: string, from: string[]): void {
    this.#begun(status);
    const headers = answerHeaders(from, this.#record, this.#response);
    if (this.#host.draining) headers.push('connection', 'close');
    this.#response.writeHead(status, reason, headers);
  }

  #begun(status: number): void {
    this.#record.begin(status);
    this.#owner.begun(status);
  }
}
