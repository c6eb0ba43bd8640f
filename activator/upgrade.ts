import type { Duplex } from 'node:stream';
import { type Entry, guarded } from './entries.ts';
import { closeFrame, FrameTracker } from './frame-tracker.ts';

/** After one side has ended, the other gets this long to end as well: a peer that ignores it must not hold a replica. */
const LINGER_MS = 1_000;
/** Longest that both sides get to say goodbye in when the gateway leaves. */
const GOODBYE_MS = 2_000;
/** `Going Away` (RFC 6455, 7.4.1): clients connect again, and find another gateway. */
const GOING_AWAY = 1001;
const LEAVING = 'the gateway is leaving; connect again';

/** A client's connection and a replica's that are one now. */
export interface Joint {
  /** Resolves when both are closed. */
  readonly closed: Promise<void>;
  /**
   * Ends it as its protocol has it: a WebSocket by a close frame to both sides, after the frames that are on their way;
   * any other by the end of both directions. Resolves when it is closed, which is within two seconds.
   * @param reason what a WebSocket is told, in at most 123 bytes; absent: that the gateway leaves.
   */
  leave(reason?: string): Promise<void>;
}

/** Who is told how a joint fares. */
export interface JointWatcher {
  /** Bytes came, from either side. */
  moved(): void;
  /** Both are closed. Called once. */
  closed(): void;
}

/**
 * Makes one connection of a client's socket and a replica's: the answer's head is written to the client, then bytes go
 * both ways with back-pressure until either side closes, or has ended and the other does not follow.
 * @param headers of the 101 answer; name, value, name, value, …
 */
export function joinSockets(client: Duplex, replica: Duplex, headers: readonly string[], watcher: JointWatcher): Joint {
  let head = 'HTTP/1.1 101 Switching Protocols\r\n';
  let protocol = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    head += `${headers[i]}: ${headers[i + 1]}\r\n`;
    if (headers[i]?.toLowerCase() === 'upgrade') protocol = headers[i + 1] as string;
  }
  client.write(`${head}\r\n`, 'latin1');
  return new JoinedSockets(client, replica, protocol.toLowerCase() === 'websocket', watcher);
}

class JoinedSockets implements Joint {
  readonly #client: Duplex;
  readonly #replica: Duplex;
  readonly #isWebSocket: boolean;
  readonly #fromClient: Direction;
  readonly #fromReplica: Direction;
  readonly closed: Promise<void>;
  readonly #resolveClosed: () => void;
  #open = 2;
  #leaving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Duplex, replica: Duplex, isWebSocket: boolean, watcher: JointWatcher) {
    this.#client = client;
    this.#replica = replica;
    this.#isWebSocket = isWebSocket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = () => {
      watcher.closed();
      resolve();
    };
    this.#watch(client, replica);
    this.#watch(replica, client);
    this.#fromClient = new Direction(client, replica, { isWebSocket, watcher });
    this.#fromReplica = new Direction(replica, client, { isWebSocket, watcher });
  }

  leave(reason = LEAVING): Promise<void> {
    if (!this.#leaving) {
      this.#leaving = true;
      this.#endWithin(GOODBYE_MS);
      this.#fromReplica.finish(this.#isWebSocket ? closeFrame(GOING_AWAY, reason, false) : undefined);
      this.#fromClient.finish(this.#isWebSocket ? closeFrame(GOING_AWAY, reason, true) : undefined);
    }
    return this.closed;
  }

  #watch(socket: Duplex, other: Duplex): void {
    // A broken connection is closed by that, which is all that is left to do about it.
    socket.on('error', () => socket.destroy());
    socket.once(
      'end',
      tunnelEntry('tunnel end', [socket, other], () => this.#endWithin(LINGER_MS)),
    );
    const onClose = () => this.#onClose(other);
    socket.once('close', guarded('tunnel close', onClose, onClose));
  }

  #onClose(other: Duplex): void {
    this.#open -= 1;
    // One that is told goodbye gets the time for its own.
    if (!this.#leaving) other.destroy();
    if (this.#open > 0) return;
    clearTimeout(this.#timer);
    this.#resolveClosed();
  }

  #endWithin(ms: number): void {
    const onLate = () => {
      this.#client.destroy();
      this.#replica.destroy();
    };
    this.#timer ??= setTimeout(onLate, ms);
  }
}

/** The bytes of one side on their way to the other, no faster than that one takes them. */
class Direction {
  readonly #source: Duplex;
  readonly #sink: Duplex;
  readonly #frames: FrameTracker | undefined;
  readonly #watcher: JointWatcher;
  /** What is to be said last, once the frame is whole that is on its way. */
  #last: Buffer | undefined;
  /** Nothing more is passed on. */
  #over = false;

  constructor(source: Duplex, sink: Duplex, { isWebSocket, watcher }: { isWebSocket: boolean; watcher: JointWatcher }) {
    this.#source = source;
    this.#sink = sink;
    this.#watcher = watcher;
    this.#frames = isWebSocket ? new FrameTracker() : undefined;
    const both = [source, sink] as const;
    sink.on(
      'drain',
      tunnelEntry('tunnel drain', both, () => void source.resume()),
    );
    source.on(
      'data',
      tunnelEntry('tunnel bytes', both, (chunk: Buffer) => this.#take(chunk)),
    );
    source.once(
      'end',
      tunnelEntry('tunnel end', both, () => this.#end()),
    );
  }

  /** Passes on the rest of the present frame, then `last`, then nothing; undefined: ends the direction at once. */
  finish(last: Buffer | undefined): void {
    // Else the closing handshake could not be read behind what is held back.
    this.#source.resume();
    if (this.#over) return;
    if (last === undefined) this.#end();
    else if (this.#frames?.closed) this.#over = true;
    else {
      this.#last = last;
      this.#sayLast();
    }
  }

  #take(chunk: Buffer): void {
    this.#watcher.moved();
    const end = this.#over ? 0 : this.#endOfPart(chunk);
    if (end > 0) this.#pass(end === chunk.length ? chunk : chunk.subarray(0, end));
    this.#sayLast();
    if (this.#over) this.#skip(chunk, end);
  }

  #pass(part: Buffer): void {
    if (!this.#sink.write(part) && this.#last === undefined) this.#source.pause();
  }

  /** How much of it is to be passed on: all, or up to the end of the frame after which the last words come. */
  #endOfPart(chunk: Buffer): number {
    if (this.#frames === undefined) return chunk.length;
    let at = 0;
    do at = this.#frames.take(chunk, at);
    while (at < chunk.length && !(this.#last !== undefined && this.#frames.between));
    return at;
  }

  #sayLast(): void {
    if (this.#over || this.#last === undefined || !this.#frames?.between) return;
    this.#over = true;
    // One that came just now is the last word already.
    if (!this.#frames.closed) this.#sink.write(this.#last);
  }

  /** What is not passed on is read all the same: with a close frame in it, both have said goodbye. */
  #skip(chunk: Buffer, from: number): void {
    if (this.#frames === undefined) return;
    for (let at = from; at < chunk.length; ) at = this.#frames.take(chunk, at);
    if (this.#frames.closed) this.#source.end();
  }

  #end(): void {
    this.#over = true;
    this.#sink.end();
  }
}

/** What throws ends the tunnel. */
function tunnelEntry<Args extends unknown[]>(
  entry: Entry,
  both: readonly [Duplex, Duplex],
  run: (...args: Args) => void,
) {
  return guarded<unknown, Args>(entry, run, () => {
    for (const socket of both) socket.destroy();
  });
}
