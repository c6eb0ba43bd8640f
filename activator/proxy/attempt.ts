import type { Duplex } from 'node:stream';
import { asError, caught, type Entry, enter, guarded } from '../errors/guarded-entries.ts';
import type { NotStarted } from '../functions/target.ts';
import { wasNeverConnected } from '../upstream/connection-pool.ts';
import type { Receiver, Upstream, UpstreamHead, UpstreamStream } from '../upstream/upstream-stream.ts';
import { notStartedReason } from './not-started.ts';
import type { RequestBody } from './request-body.ts';

/** What is sent to a replica. */
export interface Outbound extends UpstreamHead {
  readonly body: RequestBody | undefined;
  /** How long ago it was given to the replica. */
  readonly sentForMs: number;
  /** It was sent twice though the first replica may have begun with it: that is not done again at any replica. */
  sentTwice: boolean;
}

/** Where the answer goes. The last call is one of `whole`, `end`, `notStarted`, `broke`, `upgraded`; none after `abandon`. */
export interface Inbound {
  /** A 1xx answer; the real one is still to come. */
  informational(status: number, headers: string[]): void;
  head(status: number, reason: string, headers: string[]): void;
  /** Instead of `head`, `data` and `end`. @param body as latin1. */
  whole(status: number, reason: string, headers: string[], body: string): void;
  /**
   * Returns false when no more can be taken until `resume` of the attempt is called.
   * @param letGo to be called once, when the chunk is not needed any more; undefined: that need not be said.
   */
  data(chunk: Buffer, letGo: (() => void) | undefined): boolean;
  end(trailers: string[]): void;
  /** The replica provably has not begun with the request. */
  notStarted(why: NotStarted): void;
  broke(error: Error): void;
  upgraded(headers: string[], replica: Duplex): void;
  /** A callback of the gateway threw while it handled the answer. May come at any time, also after the last call. */
  crash(entry: Entry, error: unknown): void;
}

/** Idempotent methods (RFC 9110, 9.2.2): a repeated request has the same effect as one. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
/** Keep-alive race: that an idle connection was closed already shows within a round trip, so a retry is only for so long. */
const ROUND_TRIP_MS = 100;
/** Longest wait for 100 Continue: a replica that ignores `Expect` answers nothing and waits for the body. */
const EXPECT_MS = 1_000;

/** One try of one request at one replica. */
export class Attempt implements Receiver {
  readonly #upstream: Upstream;
  readonly #outbound: Outbound;
  readonly #inbound: Inbound;
  #stream: UpstreamStream;
  #expectTimer: NodeJS.Timeout | undefined;
  #again = false;
  #over = false;

  constructor(upstream: Upstream, outbound: Outbound, inbound: Inbound) {
    this.#upstream = upstream;
    this.#outbound = outbound;
    this.#inbound = inbound;
    // After one kept connection that was closed already the next replica's may be too: its process ended with the other's.
    this.#stream = upstream.open(outbound, this, outbound.sentTwice);
    this.#openBody();
  }

  /** Ends it without a call of `inbound`; the replica sees its connection close. */
  abandon(): void {
    this.#finish(false);
  }

  resume(): void {
    // Once it is over, the connection may carry another request.
    if (!this.#over) this.#stream.resume();
  }

  /** Memory is scarce: the rest of the answer is read in small pieces. */
  sip(): void {
    if (!this.#over) this.#stream.sip();
  }

  informational(status: number, headers: string[]): void {
    try {
      enter('answer informational');
      if (status === 100) this.#sendBody();
      else this.#inbound.informational(status, headers);
    } catch (error) {
      this.#crash('answer informational', error);
    }
  }

  head(status: number, reason: string, headers: string[]): void {
    try {
      enter('answer head');
      const notStarted = this.#refusal(status, headers);
      if (notStarted !== undefined) {
        this.#finish(false);
        this.#inbound.notStarted(notStarted);
      } else {
        this.#inbound.head(status, reason, headers);
      }
    } catch (error) {
      this.#crash('answer head', error);
    }
  }

  whole(status: number, reason: string, headers: string[], body: string): void {
    try {
      enter('answer whole');
      const notStarted = this.#refusal(status, headers);
      if (!this.#finish(true)) return;
      if (notStarted !== undefined) this.#inbound.notStarted(notStarted);
      else this.#inbound.whole(status, reason, headers, body);
    } catch (error) {
      this.#crash('answer whole', error);
    }
  }

  data(chunk: Buffer, letGo: (() => void) | undefined): boolean {
    try {
      enter('answer piece');
      return this.#inbound.data(chunk, letGo);
    } catch (error) {
      this.#crash('answer piece', error);
      return true;
    }
  }

  end(trailers: string[]): void {
    try {
      enter('answer end');
      if (this.#finish(true)) this.#inbound.end(trailers);
    } catch (error) {
      this.#crash('answer end', error);
    }
  }

  switched(headers: string[], replica: Duplex): void {
    try {
      enter('tunnel joined');
      this.#stopBody();
      if (this.#over) return void replica.destroy();
      this.#over = true;
      this.#inbound.upgraded(headers, replica);
    } catch (error) {
      replica.destroy();
      this.#crash('tunnel joined', error);
    }
  }

  drained(): void {
    this.#outbound.body?.more();
  }

  failed(error: Error): void {
    if (this.#over) return;
    try {
      enter('answer failed');
      this.#failed(error);
    } catch (thrown) {
      this.#crash('answer failed', thrown);
    }
  }

  #failed(error: Error): void {
    const { unsent, reused, answering } = this.#stream;
    if (reused && !answering && this.#mayTryAgain(unsent)) {
      this.#stopBody();
      this.#again = true;
      this.#stream = this.#upstream.open(this.#outbound, this, true);
      this.#openBody();
      return;
    }
    this.#finish(false);
    if (!reused && unsent && this.#isRepeatable() && wasNeverConnected(error)) this.#inbound.notStarted('unready');
    else this.#inbound.broke(error);
  }

  #openBody(): void {
    const { body } = this.#outbound;
    if (body === undefined) return;
    // The client waits for 100 Continue, which is the replica's to send.
    if (body.awaited) this.#expectTimer = setTimeout(this.#onExpectTimeout, EXPECT_MS);
    else body.open(this.#stream);
  }

  get #onExpectTimeout(): () => void {
    return guarded(
      'replica timer',
      () => this.#sendBody(),
      (error) => this.#crash('replica timer', error),
    );
  }

  #sendBody(): void {
    if (this.#expectTimer === undefined) return;
    clearTimeout(this.#expectTimer);
    this.#expectTimer = undefined;
    this.#outbound.body?.open(this.#stream);
  }

  #stopBody(): void {
    clearTimeout(this.#expectTimer);
    this.#expectTimer = undefined;
    this.#outbound.body?.detach();
  }

  /**
   * Keep-alive race: an idle connection may have been closed just when the request went out. A request that may have
   * reached the replica is sent again only if its method is idempotent, and only once in all, which is noted on it.
   */
  #mayTryAgain(unsent: boolean): boolean {
    if (this.#again || !this.#isRepeatable()) return false;
    if (unsent) return true;
    const { method, sentForMs, sentTwice } = this.#outbound;
    if (sentTwice || !IDEMPOTENT.has(method) || sentForMs >= ROUND_TRIP_MS) return false;
    // Counted over all replicas: a request that crashes its process must not crash one replica after the other.
    this.#outbound.sentTwice = true;
    return true;
  }

  #isRepeatable(): boolean {
    return this.#outbound.body?.replayable ?? true;
  }

  /** Why the runtime says that it has not begun with the request; undefined: the answer does not say that. */
  #refusal(status: number, headers: readonly string[]): NotStarted | undefined {
    return status === 503 && this.#isRepeatable() ? notStartedReason(headers) : undefined;
  }

  #crash(entry: Entry, error: unknown): void {
    try {
      this.#finish(false);
    } catch (another) {
      caught(entry, another);
    }
    this.#inbound.crash(entry, asError(error));
  }

  /** True the first time. */
  #finish(isWhole: boolean): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#stopBody();
    if (isWhole) this.#stream.release();
    else this.#stream.destroy();
    return true;
  }
}
