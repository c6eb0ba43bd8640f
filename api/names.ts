/**
 * Names that two processes must agree on: labels, environment variables, headers, paths, ports. No logic but the
 * composition of names; the runtime inside a pod imports this file too, so it depends on nothing.
 */

export const GROUP = 'catnap.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'Function';
export const PLURAL = 'functions';
export const TRIGGER_KIND = 'Trigger';
export const TRIGGER_PLURAL = 'triggers';

/** Longest name of a Function, in characters: `<function>-<8 hex digits>` still is a DNS label (63). */
export const FUNCTION_NAME_MAX_LENGTH = 54;
/** Most entries of `spec.routes`. */
export const ROUTES_MAX = 32;
/** Most entries of `status.overtaken`. */
export const OVERTAKEN_MAX = 2;
/** Longest `status.routes[].message`, in characters. */
export const ROUTE_MESSAGE_MAX_LENGTH = 2048;

/** Labels on every child of a Function. */
export const LABEL = {
  /** The Function's name. A pod or Deployment without it is none of ours. */
  function: `${GROUP}/function`,
  /** The revision's name, `<function>-<hash>`. */
  revision: `${GROUP}/revision`,
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
} as const;
export const MANAGED_BY = 'catnap';

export const ANNOTATION = {
  /** On a Deployment: hash of the pod template as this operator would write it; another one waits for zero. */
  templateHash: `${GROUP}/template-hash`,
  /** On a Deployment: RFC 3339 time at which a replica of the revision first answered. Absent: none ever did. */
  answeredAt: `${GROUP}/answered-at`,
  /** On a Function whose source is in a ConfigMap: `status.sourceHash` that Ready is to speak of. Set by whoever wrote the ConfigMap. */
  sourceHash: `${GROUP}/source-hash`,
  /** On a Trigger: any value that was not there before asks for a run. */
  runNow: `${GROUP}/run-now`,
} as const;

/** Server-side apply field managers: one writer per field. */
export const FIELD_MANAGER = {
  /** Everything the operator writes but `spec.replicas`. */
  operator: 'catnap-operator',
  /** `spec.replicas` alone: the operator's autoscaler and the activators. */
  scaler: 'catnap-scaler',
  /** The condition `Async` of a Function. */
  dispatcher: 'catnap-dispatcher',
} as const;

/** The container of a function's pod, and its ports' names and numbers. */
export const CONTAINER = 'function';
export const PORT = {
  /** HTTP/1.1 traffic; `$PORT` in the container. */
  http: { name: 'http', number: 8080 },
  /** `/metrics` of the runtime. */
  metrics: { name: 'metrics', number: 9090 },
} as const;

/** The gateway's Service in the system namespace: where requests come in. */
export const GATEWAY_SERVICE = 'catnap-gateway';
/** The Service beside it whose port `ops` leads to each activator's `/metrics`; apart, so that no load balancer shows them. */
export const ACTIVATOR_SERVICE = 'catnap-activator';
/** Audience of the tokens by which activators know each other: no other process takes them. */
export const PEER_AUDIENCE = 'catnap-activator';
export const SYSTEM_NAMESPACE = 'catnap-system';
export const OPS_PORT_NAME = 'ops';

/** Where `spec.secrets` are mounted: `<this>/<secret>/<key>`. */
export const SECRETS_DIR = '/var/run/secrets/catnap';

/** Exports that are a web handler each, for its method, where a module has no other handler. */
export const METHOD_EXPORTS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What to do with a module that is a server by itself. */
export const OWN_SERVER_ADVICE =
  'a module that listens by itself (createServer().listen, app.listen, Deno.serve) is no handler: export the app instead, or build an image and name it in spec.image';

/** Environment of a function's container, read by the runtime. Users may set the log's two, no other `CATNAP_*`, `PORT` or `K_*`. */
export const RUNTIME_ENV = {
  /** Traffic port. */
  port: 'PORT',
  /**
   * Address to listen on; absent: all. The local cluster gives each pod an address of its own. Not `HOST`, which a function
   * may have from a ConfigMap for a purpose of its own.
   */
  host: 'CATNAP_HOST',
  metricsPort: 'CATNAP_METRICS_PORT',
  function: 'CATNAP_FUNCTION',
  namespace: 'CATNAP_NAMESPACE',
  revision: 'CATNAP_REVISION',
  /** metadata.uid by the downward API; `/.catnap/ready` answers with it. */
  podUid: 'CATNAP_POD_UID',
  /**
   * `CATNAP_BUNDLE_0`, `CATNAP_BUNDLE_1`, …: the bundle, cut into chunks. A small one is BUNDLE_TEXT and its text, a large
   * one base64 of brotli.
   */
  bundlePrefix: 'CATNAP_BUNDLE_',
  /** How many chunks there are. */
  bundleChunks: 'CATNAP_BUNDLE_CHUNKS',
  /** SHA-256 of all chunks, one after the other: 64 hex digits. Absent: they are not checked. */
  bundleSha256: 'CATNAP_BUNDLE_SHA256',
  /** Which export to call. */
  handler: 'CATNAP_HANDLER',
  /** One of SIGNATURES; absent: auto. */
  signature: 'CATNAP_SIGNATURE',
  /** Seconds one request may take; 0: no limit. */
  timeoutSeconds: 'CATNAP_TIMEOUT_SECONDS',
  /** Seconds that a delivery of stored work may take, which has a limit of its own. Absent: there are none. */
  asyncTimeoutSeconds: 'CATNAP_ASYNC_TIMEOUT_SECONDS',
  /** Requests in flight at once; 0: no limit. */
  concurrencyLimit: 'CATNAP_CONCURRENCY_LIMIT',
  /** Least severe level that is logged; absent: debug, which is all. The user's to set. */
  logLevel: 'CATNAP_LOG_LEVEL',
  /** `json` or `text`; absent: text on a terminal, else JSON. The user's to set. */
  logFormat: 'CATNAP_LOG_FORMAT',
} as const;

/** The folder that a function's files are said to be in: nothing is there. */
export const BUNDLE_FOLDER = '/function';

/** Begins a bundle that is stored as it is; base64 has no colon. */
export const BUNDLE_TEXT = 'text:';

/** How a handler may be called: `spec.signature`. */
export const SIGNATURES = ['auto', 'fetch', 'http', 'cloudevent', 'lambda'] as const;
export type Signature = (typeof SIGNATURES)[number];

/** The package of types, and of a context for tests. It is not there in a pod. */
export const TYPES_PACKAGE = '@catnap/runtime';

/** The package by which handlers for Cloud Functions register themselves; the runtime stands in for it. */
export const FRAMEWORK_PACKAGE = '@google-cloud/functions-framework';
/** Key, as `Symbol.for`, of the global that stands in for that package while the user's module is loaded. */
export const FRAMEWORK_GLOBAL = 'catnap.dev/functions-framework';

/**
 * Key, as `Symbol.for`, of the global that hears of each module, by its name, when its evaluation is over. Given a second
 * argument, a function that evaluates the module, it calls that.
 */
export const IMPORTED_GLOBAL = 'catnap.dev/imported';

/**
 * What is put at the end of a module so that its time is known. After all of it: no line or column moves. Of ES modules,
 * which run one after the other, the ends tell all.
 */
export function importedMark(module: string): string {
  return `\n;globalThis[Symbol.for(${JSON.stringify(IMPORTED_GLOBAL)})]?.(${JSON.stringify(module)});`;
}

/** Paths under this prefix belong to Catnap: never forwarded from outside to a replica. */
export const INTERNAL_PREFIX = '/.catnap/';
/** GET on the traffic port: 200 with the pod's uid as text once the handler may be called, else 503. */
export const READY_PATH = '/.catnap/ready';
/** GET on the traffic port: 200 as long as the runtime's main loop turns, whatever its stage. Kubelet's liveness probe. */
export const LIVE_PATH = '/.catnap/live';
/** `<gateway>/fn/<namespace>/<name>/…` reaches a function with the prefix stripped. */
export const PATH_ROUTE_PREFIX = '/fn/';

/** Headers, lower case as node:http gives them. */
export const HEADER = {
  requestId: 'x-request-id',
  coldStart: 'x-catnap-cold-start',
  /** On an answer the gateway or the runtime gave itself: its error code. */
  error: 'x-catnap-error',
  /** On a 503 of the runtime: the handler did not run, so the request may be sent to another replica. */
  notStarted: 'x-catnap-not-started',
  /** Beside `notStarted`: it did not run because the replica has as many requests as its limit allows. */
  full: 'x-catnap-full',
  /** On a request to the runtime: where all places are taken it may wait so many milliseconds for one, in order of arrival. */
  waitMs: 'x-catnap-wait-ms',
  /** On a request to the runtime, `true`: whoever asks may be told all of why it failed. */
  errorDetail: 'x-catnap-error-detail',
  /** On a request to a function: who asks, as its policies found out. Texts are percent-encoded UTF-8. The way is that of `spec.access`. */
  callerWay: 'x-catnap-caller-way',
  callerName: 'x-catnap-caller-name',
  /** Of a token; its claims are base64url of JSON. */
  callerIssuer: 'x-catnap-caller-issuer',
  callerClaims: 'x-catnap-caller-claims',
  /** On a request that is delivered later than it was accepted: which one it is, for handlers; no other request has it. */
  invocationId: 'catnap-invocation-id',
  /** Beside it: how often it was tried, this time included; 1 at the first. */
  attempt: 'catnap-attempt',
  /** On a request to the runtime: how long this one may take, in milliseconds, in the place of the function's own limit. */
  timeoutMs: 'x-catnap-timeout-ms',
  serverTiming: 'server-timing',
} as const;
/** Of what is asked by way of the API server, whose proxy keeps `Authorization` for itself: the asker's own token. */
export const CALLER_TOKEN_HEADER = 'x-catnap-authorization';
/** ConfigMap in the system namespace that tells the command what this installation calls its parts. */
export const INFO_CONFIG_MAP = 'catnap-info';
/** Request headers with this prefix tell a function who asks; handlers see them. */
export const CALLER_HEADER_PREFIX = 'x-catnap-caller-';
/** Request headers with this prefix never come in from outside. */
export const INTERNAL_HEADER_PREFIX = 'x-catnap-';

/** `hello` and `7f3c9a12…` → `hello-7f3c9a12`; the hash is cut to eight hex digits. */
export function revisionName(functionName: string, hash: string): string {
  return `${functionName}-${hash.slice(0, 8)}`;
}
