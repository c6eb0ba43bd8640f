/** How an invocation goes. */
export interface Question {
  id: string;
  /** Of its function. */
  uid: string;
  namespace: string;
  /** How long it may take until it has ended. */
  waitSeconds: number;
}

/** The dispatcher, as this process asks it. */
export interface Dispatcher {
  /**
   * Frames of entries, to be kept. Resolves with its outcomes, or with why it refuses them all. Rejects where it does not answer:
   * then they may have been kept.
   */
  keep(frames: readonly Uint8Array[]): Promise<{ bytes: Buffer } | { bytes?: undefined; refused: string }>;
  /**
   * How an invocation goes, as one frame; undefined: the function has none of this id.
   * @param signal aborts the call, which then rejects
   */
  invocation(asked: Question, signal: AbortSignal): Promise<Buffer | undefined>;
}
