/**
 * What the gateway and the dispatcher say to each other about work that nobody waits for: paths, headers, and the shapes of
 * what is sent as JSON. All bodies are frames (api/rules/frame.ts): one JSON document and up to two pieces of bytes.
 */

/** Audience of the token by which a gateway is known to the dispatcher. */
export const DISPATCHER_AUDIENCE = 'catnap-dispatcher';
/** Audience of the token by which the dispatcher is known to gateways. */
export const GATEWAY_AUDIENCE = 'catnap-gateway';

/** Name of the gateway's port for deliveries, behind the activators' Service (not the gateway's). */
export const DELIVERY_PORT_NAME = 'deliveries';

/** POST, gateway → dispatcher: frames of EntryHead, the request's head (StoredRequest as JSON bytes) and its body, one after the other; the answer is an array of EntryOutcome as JSON, in the same order; of status 503, 413, 401 or 400 it is a DispatcherRefusal, and nothing was kept. */
export const ENTRIES_PATH = '/v1/entries';
/** GET, gateway → dispatcher: `<this><id>?uid=<function uid>&wait=<seconds>`: one frame of InvocationStatus and the body of the function's answer, where it ended with one; 404: there is none of this function. */
export const INVOCATIONS_PATH = '/v1/invocations/';
/**
 * Dispatcher → gateway. POST: one frame of DeliveryHead, the request's head and its body; the answer, once the function has
 * answered, is one frame of DeliveryAnswer and the body. GET: an array of RunningDelivery as JSON. GET `<this>/<id>?epoch=<n>`:
 * waits for one of these, and is answered as its POST would have been; 404: it is not known here.
 */
export const DELIVERIES_PATH = '/v1/deliveries';

/** Under a function's own address: `<prefix of the function>/.catnap/invocations/<id>`. */
export const INVOCATION_PREFIX = '/.catnap/invocations/';

/** A request as a function gets it: what the gateway would have sent to a replica, without credentials. */
export interface StoredRequest {
  method: string;
  /** Path and query as the function gets them. */
  path: string;
  /** Name, value, name, value, …; end-to-end fields, those the gateway adds for the function among them (who asks, X-Forwarded-*, trace). */
  headers: string[];
  /** Of the request that was accepted; deliveries have the same. */
  requestId: string;
}

/** Of what the dispatcher does not take as a whole. `code`: `Busy`, `DiskFull`, `Closed`, `Starting`, `Unauthorized`, …: for logs. */
export interface DispatcherRefusal {
  code: string;
  message: string;
}

export interface EntryHead {
  /** The invocation's: a UUID of version 7 from the gateway. */
  id: string;
  uid: string;
  namespace: string;
  name: string;
  /** Not delivered before, in milliseconds since 1970. */
  notBeforeMs?: number;
  /** Of the caller's `Idempotency-Key`: a digest of who asks and the key, and one of what is asked. */
  dedup?: { key: string; fingerprint: string };
}

/**
 * As `EnqueueResult` of the store has it. `unknown`: the dispatcher knows no function of that uid; `invalid`: the entry is none.
 * Of what is not `accepted` or `exists` nothing was kept.
 */
export type EntryOutcome =
  | { outcome: 'accepted' }
  | { outcome: 'exists'; id: string; state: InvocationState }
  | { outcome: 'conflict'; id: string }
  | { outcome: 'full'; bound: string }
  | { outcome: 'unknown' }
  | { outcome: 'invalid'; message: string };

/** `waiting`: for its first or next attempt; `running`: with the function; `buried`: given up. */
export type InvocationState = 'waiting' | 'running' | 'done' | 'buried' | 'cancelled';

export interface InvocationStatus {
  id: string;
  status: InvocationState;
  attempts: number;
  /** RFC 3339. */
  acceptedAt: string;
  /** When it is forgotten; RFC 3339. Absent while it is open. */
  expiresAt?: string;
  /** When it is tried next; RFC 3339. Absent where that is not known, or now. */
  nextAttemptAt?: string;
  /** For people: what the last attempt came to. */
  note?: string;
  /** The function's answer, where it ended with one that is kept. */
  response?: AnswerHead;
}

export interface AnswerHead {
  status: number;
  /** End-to-end fields; name, value, … */
  headers: string[];
  /** The body was larger than what is kept of it. */
  truncated: boolean;
}

export interface DeliveryHead {
  id: string;
  /** Of the lease: two deliveries of one entry have different ones. */
  epoch: number;
  uid: string;
  namespace: string;
  name: string;
  /** 1 at the first. */
  attempt: number;
  /** Longest that the function may take, in milliseconds, once a replica has it. */
  timeoutMs: number;
  /** Most that is wanted of the answer's body, in bytes. */
  maxAnswerBytes: number;
}

export interface DeliveryAnswer {
  /** Who answered: the function (its runtime too), or the gateway in its place. */
  by: 'function' | 'gateway';
  /** Of what the gateway or the runtime says itself, the code (api/errors.ts). */
  code?: string;
  /** The handler may have begun with it; false: it certainly has not. */
  started: boolean;
  answer: AnswerHead;
}

export interface RunningDelivery {
  id: string;
  epoch: number;
  uid: string;
  namespace: string;
  name: string;
  attempt: number;
  /** How long it has been here. */
  ageMs: number;
  timeoutMs: number;
  /** It has ended, and its answer was not fetched yet. */
  ended: boolean;
}
