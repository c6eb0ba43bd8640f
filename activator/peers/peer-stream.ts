/** From one other activator to this one: a request whose body does not end, a line for each hint. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LineDecoder } from '#platform/kube/line-decoder.ts';
import type { Clock } from '#platform/time/clock.ts';
import { TokenBucket } from '#platform/time/token-bucket.ts';
import { guarded } from '../errors/guarded-entries.ts';
import type { PeerCounts } from './counts.ts';
import { decodeHint, type Hint, MOST_LINE_BYTES } from './messages.ts';
import { BEAT_MS, SILENCE_MS } from './protocol.ts';

export interface StreamParts {
  clock: Clock;
  counts: PeerCounts;
  /** False: the hint had no effect. */
  take: (hint: Hint) => boolean;
}

/** Token bucket: beyond it nothing is read for a while, so that lines wait at the peer, whose outbox is bounded. */
const RATE = { burst: 64 * 1024, perSecond: 96 * 1024 };
/** A stream ends then: its peer has shown its token too long ago. */
const LONGEST_MS = 290_000;

/** One stream whose peer is known, read until one of the sides ends it. */
export class PeerStream implements Disposable {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #parts: StreamParts;
  readonly #decoder = new LineDecoder(MOST_LINE_BYTES);
  readonly #bucket: TokenBucket;
  readonly #endsAtMs: number;
  #heardAtMs: number;
  #beatAtMs = 0;
  #cancelWatch: () => void = () => undefined;
  #cancelPause: () => void = () => undefined;

  /** @param onClose called once. */
  constructor(request: IncomingMessage, response: ServerResponse, parts: StreamParts & { onClose: () => void }) {
    const nowMs = parts.clock.nowMs();
    this.#request = request;
    this.#response = response;
    this.#parts = parts;
    this.#bucket = new TokenBucket(RATE, nowMs);
    this.#heardAtMs = nowMs;
    this.#endsAtMs = nowMs + LONGEST_MS;
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    const onClose = guarded('peer stream', () => {
      this.#cancelWatch();
      this.#cancelPause();
      parts.onClose();
    });
    response.on('close', onClose);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.flushHeaders();
    const end = () => this[Symbol.dispose]();
    request.on(
      'data',
      guarded('peer stream', (chunk: Buffer) => this.#read(chunk), end),
    );
    request.on('end', () => response.end());
    this.#watch();
  }

  /** Ends it at once. */
  [Symbol.dispose](): void {
    this.#response.destroy();
  }

  #watch(): void {
    const { clock } = this.#parts;
    this.#cancelWatch = clock.after(SILENCE_MS / 2, () => {
      const nowMs = clock.nowMs();
      const isOver = nowMs >= this.#endsAtMs || nowMs - this.#heardAtMs > SILENCE_MS;
      if (isOver) this[Symbol.dispose]();
      else this.#watch();
    });
  }

  #read(chunk: Buffer): void {
    const { clock, counts } = this.#parts;
    const nowMs = clock.nowMs();
    this.#heardAtMs = nowMs;
    const lines = this.#linesIn(chunk);
    if (lines === undefined) {
      counts.hints.malformed += 1;
      this[Symbol.dispose]();
      return;
    }
    for (const line of lines) this.#take(line);
    this.#beat(nowMs);
    const waitMs = this.#bucket.spend(chunk.length, nowMs);
    if (waitMs === 0) return;
    this.#request.pause();
    this.#cancelPause = clock.after(waitMs, () => {
      this.#heardAtMs = clock.nowMs();
      this.#request.resume();
    });
  }

  /** Undefined: a line is longer than any valid one. */
  #linesIn(chunk: Buffer): string[] | undefined {
    try {
      return this.#decoder.push(chunk);
    } catch {
      return undefined;
    }
  }

  #take(line: string): void {
    const { counts, take } = this.#parts;
    const hint = decodeHint(line);
    if (typeof hint === 'string') {
      counts.hints[hint] += 1;
      return;
    }
    counts.hints.received += 1;
    if (take(hint)) counts.hints.followed += 1;
  }

  /** Heartbeat: at a bounded rate, and not to a peer that does not read. */
  #beat(nowMs: number): void {
    if (nowMs - this.#beatAtMs < BEAT_MS / 2 || this.#response.writableNeedDrain) return;
    this.#beatAtMs = nowMs;
    this.#response.write('\n');
  }
}
