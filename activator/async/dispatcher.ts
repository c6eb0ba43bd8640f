/** The dispatcher, as this process asks it. */
export interface Dispatcher {
  /**
   * Frames of entries, to be kept. Resolves with its outcomes, or with why it refuses them all. Rejects where it does not answer:
   * then they may have been kept.
   */
  keep(frames: readonly Uint8Array[]): Promise<{ bytes: Buffer } | { bytes?: undefined; refused: string }>;
  /**
   * How an invocation goes, as one frame; undefined: the function has none of this id.
   * @param waitSeconds how long it may take until it has ended
   * @param signal aborts the call, which then rejects
   */
  invocation(asked: { id: string; uid: string; waitSeconds: number }, signal: AbortSignal): Promise<Buffer | undefined>;
}
