import type { GatewayError } from '../errors/gateway-error.ts';
import type { QueueEntry } from './linked-queue.ts';

/** A request as its queue sees it. One of the methods is called, once, each time that it enters or is given back. */
export interface QueuedRequest<R> {
  /** When it came, on the queue's clock; its wait is counted from here. */
  readonly enteredAtMs: number;
  /** Bytes of its body held in memory while it waits; read once, when it begins to. */
  readonly heldBytes: number;
  /** Set before `admit`: how long it may wait in the replica's own queue. 0: a full replica rejects it at once. */
  waitMs: number;
  admit(replica: R): void;
  refuse(failure: GatewayError): void;
}

export type WaitingRequest<R> = QueueEntry<QueuedRequest<R>>;
