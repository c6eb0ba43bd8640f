/** The answers that the gateway and the runtime give themselves, instead of the function. */

/** Error codes in `X-Catnap-Error` and in the body, each with its HTTP status. */
export const ERROR_STATUS = {
  /** What came is no request as HTTP/1.1 has it, or one that two readers could understand differently. */
  BadRequest: 400,
  /** The function asks for credentials; there are none, or they are not good. */
  Unauthorized: 401,
  /** The function's policies do not let this client have it. */
  Forbidden: 403,
  /** The function answers over https alone. */
  HttpsRequired: 403,
  /** The function's policies cannot be read, so it is closed. */
  PolicyInvalid: 403,
  /** No function owns this host and path. */
  FunctionNotFound: 404,
  /** The function has no invocation of this id, or none any more; or it has no answer yet. */
  InvocationNotFound: 404,
  /** A method that is not for a gateway, such as CONNECT. */
  MethodNotAllowed: 405,
  /** The client was too slow with its request. */
  RequestTimeout: 408,
  /** The body is larger than `maxBodyBytes`. */
  BodyTooLarge: 413,
  /** `Expect` asks for something else than `100-continue`. */
  ExpectationFailed: 417,
  /** The caller has used this `Idempotency-Key` for another request. */
  IdempotencyKeyReused: 422,
  /** One of the function's `rateLimits` is used up. */
  RateLimited: 429,
  /** The request's head is larger than the gateway reads. */
  HeadersTooLarge: 431,
  /** The handler threw, or returned what is no response. */
  HandlerFailed: 500,
  /** The gateway itself failed at this request, and at no other. */
  InternalError: 500,
  /** HTTP has it, this gateway does not, such as a transfer coding other than chunked. */
  NotSupported: 501,
  /** The replica broke off before or during its answer. */
  ReplicaFailed: 502,
  /** As many requests, or bytes of their bodies, wait for this function as `queue.size` and `queue.maxBytes` allow. */
  QueueFull: 503,
  /** No replica had room within `queue.timeoutSeconds`. */
  QueueTimeout: 503,
  /** The revision cannot start; `reason` names the condition's reason. */
  RevisionFailed: 503,
  /** The runtime is at its concurrency limit or leaving; the handler did not run. */
  NotStarted: 503,
  /** The gateway itself is leaving or has not read the cluster's state yet. */
  GatewayUnavailable: 503,
  /** The gateway holds as much, for all functions together, as it can; this one has had its share. */
  GatewayBusy: 503,
  /** As many of the function's invocations wait, or bytes of them, as may. */
  AsyncFull: 503,
  /** What keeps work until it is done cannot be asked now, or did not answer in time; it may have kept it all the same. */
  AsyncUnavailable: 503,
  /** The function took longer than `timeoutSeconds`. */
  Timeout: 504,
  /** The function's answer did not begin within `timeouts.firstByteSeconds`. */
  FirstByteTimeout: 504,
  /** Nothing went either way for `timeouts.idleSeconds`. */
  IdleTimeout: 504,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;

/**
 * What callers are told who are not to see more, of whatever is not of their own making. Names of pods and Secrets, messages
 * of what was thrown and lines of source are for the function's status and for logs.
 */
export const PUBLIC_MESSAGE: Readonly<Partial<Record<ErrorCode, string>>> = {
  Unauthorized: 'the function asks for credentials: there are none, or they are not good',
  Forbidden: 'this is not allowed',
  PolicyInvalid: 'this is not allowed',
  HandlerFailed: 'the function failed; its log tells why, by this request id',
  InternalError: 'the gateway failed at this request; its log tells why, by this request id',
  ReplicaFailed: 'the function broke off before it had answered; its log may tell why, by this request id',
  QueueFull: 'too many requests wait for this function; ask again later',
  QueueTimeout: 'the function had no room for this request in time; ask again later',
  RevisionFailed: 'the function cannot start; its status tells why',
  NotStarted: 'the function cannot take this request now; ask again',
  GatewayUnavailable: 'the gateway cannot serve this request now; ask again',
  GatewayBusy: 'the gateway has as much to do as it can; ask again later',
  AsyncFull: 'too many invocations of this function wait; ask again later',
  AsyncUnavailable:
    'it is not certain that this was accepted; ask again, with the same Idempotency-Key where it may not run twice',
  Timeout: 'the function took longer than it may',
  FirstByteTimeout: 'the function took longer than it may to begin its answer',
  IdleTimeout: 'nothing was sent for longer than may be',
};

/** With `AsyncUnavailable`: nothing in the cluster accepts work for later. */
export const NOT_INSTALLED = 'NotInstalled';

/** The same, where the reason of the failure tells callers more that they may know: there is nothing in it but the cluster's size, and what is installed. */
export const PUBLIC_MESSAGE_OF_REASON: Readonly<Record<string, string>> = {
  Unschedulable: 'the cluster has no room for this function now; ask again later',
  QuotaExceeded: 'there is no room for this function now; ask again later',
  [NOT_INSTALLED]:
    'this function only takes work for later (spec.async.mode: Always), and no dispatcher is installed that would accept it',
};

/** Body of such an answer, as JSON. */
export interface ErrorBody {
  error: ErrorCode;
  /** One sentence for a person: what is wrong and what to do; where callers are not told details, that of PUBLIC_MESSAGE or PUBLIC_MESSAGE_OF_REASON. */
  message: string;
  /** `<namespace>/<name>`, or null where no function was found, or where callers who may not ask it are not told. */
  function: string | null;
  requestId: string;
  /** With `RevisionFailed` and `QueueTimeout`, where callers are told details: the condition reason, e.g. `CrashLoop`. With `AsyncUnavailable`: `NotInstalled`. */
  reason?: string;
  /** With `HandlerFailed`, where the function's `NODE_ENV` is `development`, and nowhere else: where it was thrown. */
  stack?: string;
}
