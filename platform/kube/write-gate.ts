/** Decides whether a KubeClient may write. Reads always pass. */
export interface WriteGate {
  /** Longest that a write may take, at the API server too, in milliseconds. */
  readonly writeMs: number;
  /** Aborts, with a KubeError as its reason, when no write may go on. */
  readonly closed: AbortSignal;
  /** Throws a KubeError when a write may not begin at this moment. Asked right before each is sent. */
  check(): void;
}
