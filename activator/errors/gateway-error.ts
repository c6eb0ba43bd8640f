import type { ErrorBody, ErrorCode } from '#api/errors.ts';
import { ERROR_STATUS, PUBLIC_MESSAGE, PUBLIC_MESSAGE_OF_REASON } from '#api/errors.ts';
import { INVOCATION_PREFIX } from '#api/invocations.ts';
import { HEADER } from '#api/names.ts';

/** Why the gateway answers a request itself. */
export interface GatewayError {
  code: ErrorCode;
  /** One sentence with all details; callers may get a general one instead, see `withoutDetail`. */
  message: string;
  /** With `RevisionFailed`, and `QueueTimeout` where it is known: the condition reason. */
  reason?: string;
  /** `<namespace>/<name>`, where the request did not get as far as the function's queue; null: callers are not told which it is. */
  function?: string | null;
  /** When it makes sense to ask again, where that is known better than by the code; whole seconds, at least 1. */
  retryAfterSeconds?: number;
  /** For a client of the Kubernetes API: it takes the answer for that of an API server, and prints the message. */
  forKubectl?: true;
  /** Further headers of the answer, sent to all callers; name, value, name, value, … */
  headers?: readonly string[];
}

/** The answer to a request at which the gateway itself failed; the log has the error. */
export const GATEWAY_FAULT: GatewayError = {
  code: 'InternalError',
  message: 'the gateway failed at this request; its log has the request id',
};

/** An answer in full, ready to be written. */
export interface Reply {
  status: number;
  /** Name, value, name, value, … */
  headers: string[];
  body: string;
  /** Each character of the body is one byte of it; absent: it is text, which is sent as UTF-8. */
  isBinary?: true;
}

/** Seconds after which it makes sense to ask again; only for what may pass by itself. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  QueueFull: 1,
  QueueTimeout: 5,
  RevisionFailed: 10,
  NotStarted: 1,
  GatewayUnavailable: 1,
  GatewayBusy: 1,
  AsyncFull: 5,
  AsyncUnavailable: 2,
};

/** Methods that any function may be asked with; those of WebDAV and the like are passed on too. */
export const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Whether the client may not ask the function: it is not told which that is, and the audit log is told of it. */
export function isRefused({ code }: GatewayError): boolean {
  const status = ERROR_STATUS[code];
  return status === 401 || status === 403;
}

/** The failure without details for callers; one that lies in the request itself stays as it is. */
export function withoutDetail(failure: GatewayError): GatewayError {
  const general = PUBLIC_MESSAGE[failure.code];
  const { code, reason = '', headers, retryAfterSeconds } = failure;
  const named = isRefused(failure) ? null : failure.function;
  if (general === undefined) return named === null ? { ...failure, function: named } : failure;
  return {
    code,
    message: PUBLIC_MESSAGE_OF_REASON[reason] ?? general,
    ...(named !== undefined && { function: named }),
    ...(headers !== undefined && { headers }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/**
 * @param functionKey `<namespace>/<name>`, or null where no function was found.
 * @param closing whether the connection has to end with this answer, because the request was not read to its end.
 */
export function answerFor(
  failure: GatewayError,
  functionKey: string | null,
  requestId: string,
  closing: boolean,
): Reply {
  const content: ErrorBody = {
    error: failure.code,
    message: failure.message + whereMoreIs(failure, functionKey),
    function: failure.function === undefined ? functionKey : failure.function,
    requestId,
    ...(failure.reason !== undefined && { reason: failure.reason }),
  };
  const status = ERROR_STATUS[failure.code];
  // The shape of metav1.Status; kubectl itself prints of a 404 only the warning.
  const asStatus = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: status };
  const body = `${JSON.stringify(failure.forKubectl ? { ...content, ...asStatus } : content)}\n`;
  const headers = [
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(body)),
    HEADER.requestId,
    requestId,
    HEADER.error,
    failure.code,
  ];
  const retryAfter = failure.retryAfterSeconds ?? RETRY_AFTER_SECONDS[failure.code];
  if (retryAfter !== undefined) headers.push('retry-after', String(retryAfter));
  if (failure.code === 'MethodNotAllowed' && !failure.headers?.includes('allow'))
    headers.push('allow', ALLOWED_METHODS);
  if (failure.headers !== undefined) headers.push(...failure.headers);
  if (failure.forKubectl) headers.push('warning', `299 - "${failure.message}"`);
  if (closing) headers.push('connection', 'close');
  return { status, headers, body };
}

/** The gateway does not hold what a container wrote; the Function's status does. */
function whereMoreIs({ reason }: GatewayError, functionKey: string | null): string {
  if (reason !== 'CrashLoop' || functionKey === null) return '';
  const [namespace, name] = functionKey.split('/');
  return `. Its last log lines: kubectl describe function ${name} --namespace ${namespace}`;
}

/** A path under `/.catnap/`, on a host that is a function's. */
export function internalPath(path: string, functionKey: string): GatewayError {
  if (path.includes(INVOCATION_PREFIX)) {
    const message = `${path} has no id of an invocation, which Location names where one is accepted`;
    return { code: 'InvocationNotFound', message, function: functionKey };
  }
  return { code: 'FunctionNotFound', message: `${path} is not for callers from outside`, function: functionKey };
}

/** A replica that ended its connection within an answer, or before it. */
export function brokeOff(error: Error): GatewayError {
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return {
    code: 'ReplicaFailed',
    message: `the replica broke off before it answered${code}; see its log with this request id`,
  };
}

/** @param bareName the host, where it is a name alone */
export function noSuchFunction(what: string, bareName?: string): GatewayError {
  const hint =
    bareName === undefined
      ? ''
      : `; a name alone is known only to calls from functions in its namespace, use http://${bareName}.<namespace>`;
  return {
    code: 'FunctionNotFound',
    message: `no function answers at ${what}${hint}; kubectl get functions -A lists them all`,
  };
}

/** kubectl asks localhost:8080 where no API server is configured. */
export function notTheApiServer(): GatewayError {
  return {
    code: 'FunctionNotFound',
    message:
      'this is the gateway of Catnap, not the Kubernetes API server: tell kubectl where that is, under make run by export KUBECONFIG=$PWD/.catnap/kubeconfig in the checkout',
    forKubectl: true,
  };
}
