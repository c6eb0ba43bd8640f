/** The answers that the gateway and the runtime give themselves, instead of the function. */

/** Error codes in `X-Catnap-Error` and in the body, each with its HTTP status. */
export const ERROR_STATUS = {
  /** No function owns this host and path. */
  FunctionNotFound: 404,
  /** The handler threw, or returned what is no response. */
  HandlerFailed: 500,
  /** The replica broke off before or during its answer. */
  ReplicaFailed: 502,
  /** As many requests wait for this function as `queue.size` allows. */
  QueueFull: 503,
  /** No replica had room within `queue.timeoutSeconds`. */
  QueueTimeout: 503,
  /** The revision cannot start; `reason` names the condition's reason. */
  RevisionFailed: 503,
  /** The runtime is at its concurrency limit or leaving; the handler did not run. */
  NotStarted: 503,
  /** The gateway itself is leaving or has not read the cluster's state yet. */
  GatewayUnavailable: 503,
  /** The function took longer than `timeoutSeconds`. */
  Timeout: 504,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;

/** Body of such an answer, as JSON. */
export interface ErrorBody {
  error: ErrorCode;
  /** One sentence for a person: what is wrong and what to do. Never a stack. */
  message: string;
  /** `<namespace>/<name>`, or null where no function was found. */
  function: string | null;
  requestId: string;
  /** With `RevisionFailed`: the condition reason, e.g. `CrashLoop`. */
  reason?: string;
}
