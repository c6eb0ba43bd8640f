import type { Duplex } from 'node:stream';
import { guarded } from '../errors/guarded-entries.ts';
import { Direction, type TunnelBudget, tunnelEntry } from './tunnel-direction.ts';
import { closeFrame } from './websocket-frames.ts';

/** Half-closed at most for so long: a peer that ignores the other's end must not hold a replica. */
const LINGER_MS = 1_000;
/** Longest closing handshake. */
const CLOSE_MS = 2_000;
/** `Going Away` (RFC 6455, 7.4.1): clients connect again, and find another gateway. */
const GOING_AWAY = 1001;
const LEAVING = 'the gateway is leaving; connect again';

/** A client's connection and a replica's that are one now. */
export interface Tunnel {
  /** Resolves when both are closed. */
  readonly closed: Promise<void>;
  /**
   * Ends it as its protocol has it: a WebSocket by a close frame to both sides, after the frames that are on their way;
   * any other by the end of both directions. Resolves when it is closed, which is within two seconds.
   * @param reason of a WebSocket's close frame, in at most 123 bytes; absent: that the gateway leaves.
   */
  close(reason?: string): Promise<void>;
}

/** Watches a tunnel. */
export interface TunnelWatcher {
  /** The share of the process' memory that bytes on their way are counted in; undefined: they are not counted. */
  readonly budget: TunnelBudget | undefined;
  /** Bytes came, from either side. */
  moved(): void;
  /** Both are closed. Called once. */
  closed(): void;
}

/**
 * Makes one connection of a client's and a replica's: bytes go both ways with back-pressure until either side closes, or
 * has ended and the other does not follow.
 * @param protocol that both have switched to
 */
export function openTunnel(client: Duplex, replica: Duplex, protocol: string, watcher: TunnelWatcher): Tunnel {
  return new JoinedSockets(client, replica, protocol.toLowerCase() === 'websocket', watcher);
}

class JoinedSockets implements Tunnel {
  readonly #client: Duplex;
  readonly #replica: Duplex;
  readonly #isWebSocket: boolean;
  readonly #fromClient: Direction;
  readonly #fromReplica: Direction;
  readonly closed: Promise<void>;
  readonly #resolveClosed: () => void;
  #open = 2;
  #closing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Duplex, replica: Duplex, isWebSocket: boolean, watcher: TunnelWatcher) {
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

  close(reason = LEAVING): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#endWithin(CLOSE_MS);
      this.#fromReplica.finish(this.#isWebSocket ? closeFrame(GOING_AWAY, reason, false) : undefined);
      this.#fromClient.finish(this.#isWebSocket ? closeFrame(GOING_AWAY, reason, true) : undefined);
    }
    return this.closed;
  }

  #watch(socket: Duplex, other: Duplex): void {
    // 'close' follows, which ends the tunnel.
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
    this.#fromClient.forget();
    this.#fromReplica.forget();
    // In a closing handshake the other side gets the time for its own close frame.
    if (!this.#closing) other.destroy();
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
