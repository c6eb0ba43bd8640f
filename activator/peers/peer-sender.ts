/** From this activator to one other: one request whose body does not end, a line for each hint. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type BackoffPolicy, backoffMs } from '#platform/time/backoff.ts';
import type { Clock } from '#platform/time/clock.ts';
import { guarded } from '../errors/guarded-entries.ts';
import type { PeerCounts } from './counts.ts';
import { Outbox } from './outbox.ts';
import { BEAT_MS, HINTS_PATH, SILENCE_MS } from './protocol.ts';

export interface SenderParts {
  /** Base URL of the other's operational port. */
  url: string;
  /** Proves to the other side which activator this is. */
  token: () => Promise<string>;
  clock: Clock;
  random: () => number;
  counts: PeerCounts;
  /** The peer takes hints from now on. */
  onOpen: () => void;
}

const MOST_WAITING = 256;
const ANSWER_MS = 3_000;
const BACKOFF: BackoffPolicy = { baseMs: 200, maxMs: 15_000 };
/** A stream is opened anew before the other's server takes its request for one that never ends, and with a fresh token. */
const RENEW_MS = 240_000;
/** How long the other side has to close a stream that was ended here. */
const FAREWELL_MS = 2_000;

/** Keeps one stream open to a peer, until disposed. Hints are lost while there is none. */
export class PeerSender implements Disposable {
  readonly #parts: SenderParts;
  readonly #outbox = new Outbox(MOST_WAITING);
  /** The present stream, or the try to open one. */
  #stream: ClientRequest | undefined;
  #isOpen = false;
  #isGone = false;
  #isDisposed = false;
  #heardAtMs = 0;
  #renewAtMs = 0;
  #failures = 0;
  /** Of the one timer: for an answer, for the next beat, or for the next try. */
  #cancel: () => void = () => undefined;

  /** Connects at once. */
  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#begin();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Where it was, nothing listens any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** It is known to be there: one that is waiting to try again does so now. */
  hurry(): void {
    if (this.#failures === 0 || this.#stream !== undefined || this.#isDisposed) return;
    this.#cancel();
    this.#begin();
  }

  /** @param subject what the line is about. */
  send(subject: string, line: string): void {
    // Kept while a stream is being opened; for a peer that cannot be reached they would be stale when it can.
    const lost = this.#failures > 0 || this.#outbox.add(subject, line);
    if (lost) this.#parts.counts.hints.dropped += 1;
    this.#flush();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#cancel();
    this.#stream?.destroy();
    this.#isOpen = false;
  }

  #begin(): void {
    // A malformed URL or token throws here: handled like a peer that cannot be reached.
    this.#connect().catch(() => {
      if (!this.#isDisposed) this.#tryAgain();
    });
  }

  async #connect(): Promise<void> {
    const { url, token, clock } = this.#parts;
    const bearer = await token().catch(() => undefined);
    if (this.#isDisposed) return;
    if (bearer === undefined) return this.#tryAgain();
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' };
    const stream = request(`${url}${HINTS_PATH}`, { method: 'POST', agent: false, headers });
    this.#stream = stream;
    stream.on(
      'error',
      guarded('peer stream', (error: NodeJS.ErrnoException) => {
        if (stream === this.#stream) this.#isGone = error.code === 'ECONNREFUSED';
      }),
    );
    const fail = () => stream.destroy();
    const onAnswer = guarded('peer stream', (answer: IncomingMessage) => this.#answered(stream, answer), fail);
    stream.on('response', onAnswer);
    stream.on(
      'drain',
      guarded('peer stream', () => this.#flush(), fail),
    );
    stream.on(
      'close',
      guarded('peer stream', () => this.#closed(stream)),
    );
    stream.flushHeaders();
    this.#cancel = clock.after(ANSWER_MS, () => stream.destroy());
  }

  #answered(stream: ClientRequest, answer: IncomingMessage): void {
    if (stream !== this.#stream || answer.statusCode !== 200) {
      stream.destroy();
      return;
    }
    const { clock, random } = this.#parts;
    this.#cancel();
    this.#isOpen = true;
    this.#isGone = false;
    this.#failures = 0;
    this.#heardAtMs = clock.nowMs();
    this.#renewAtMs = this.#heardAtMs + RENEW_MS * (1 - 0.2 * random());
    const onBeat = guarded('peer stream', () => {
      this.#heardAtMs = clock.nowMs();
    });
    answer.on('data', onBeat);
    answer.on('close', () => stream.destroy());
    this.#nextBeat(stream);
    this.#parts.onOpen();
    this.#flush();
  }

  #nextBeat(stream: ClientRequest): void {
    const { clock, random } = this.#parts;
    this.#cancel = clock.after(BEAT_MS * (0.9 + 0.2 * random()), () => this.#beat(stream));
  }

  /** Heartbeat: sends one, and checks that the other side's have come. */
  #beat(stream: ClientRequest): void {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs >= this.#renewAtMs) this.#renew(stream);
    else if (nowMs - this.#heardAtMs > SILENCE_MS) stream.destroy();
    else {
      if (!stream.writableNeedDrain) stream.write('\n');
      this.#nextBeat(stream);
    }
  }

  #renew(stream: ClientRequest): void {
    this.#isOpen = false;
    this.#stream = undefined;
    stream.end();
    const onClose = this.#parts.clock.after(FAREWELL_MS, () => stream.destroy());
    stream.on('close', onClose);
    this.#begin();
  }

  #closed(stream: ClientRequest): void {
    if (stream !== this.#stream || this.#isDisposed) return;
    this.#stream = undefined;
    this.#isOpen = false;
    this.#cancel();
    this.#tryAgain();
  }

  #tryAgain(): void {
    const { clock, random, counts } = this.#parts;
    this.#failures += 1;
    counts.hints.dropped += this.#outbox.clear();
    this.#cancel = clock.after(backoffMs(this.#failures, BACKOFF, random()), () => this.#begin());
  }

  /** As fast as the other takes it. */
  #flush(): void {
    const stream = this.#stream;
    if (!this.#isOpen || stream === undefined) return;
    while (!stream.writableNeedDrain) {
      const line = this.#outbox.take();
      if (line === undefined) return;
      stream.write(line);
      this.#parts.counts.hints.sent += 1;
    }
  }
}
