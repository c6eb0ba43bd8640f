/** What of a socket shows whether bytes move; a net.Socket has it. */
export interface ByteCounts {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Written, and not taken by the other side yet. */
  readonly writableLength: number;
}

/** The client keeps the gateway waiting in the midst of its body, or of its answer. */
export interface Stall {
  readonly within: 'body' | 'answer';
  /** Since the first look that found no byte moved. */
  readonly forMs: number;
}

/** Progress check of one client: between two looks at least one byte has to move, either way, while it owes something. */
export class StallWatch {
  /** Bytes that had moved at the last look, and when they had last changed. */
  #moved = 0;
  #movedAtMs = 0;

  /** Undefined: bytes moved, or it is not the client that is waited for. */
  look({ bytesRead, bytesWritten, writableLength }: ByteCounts, owesBody: boolean, nowMs: number): Stall | undefined {
    const moved = bytesRead + bytesWritten;
    const owesReading = writableLength > 0;
    if (moved !== this.#moved || !(owesBody || owesReading)) {
      this.#moved = moved;
      this.#movedAtMs = nowMs;
      return undefined;
    }
    return { within: owesReading ? 'answer' : 'body', forMs: nowMs - this.#movedAtMs };
  }
}
