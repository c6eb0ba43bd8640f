/** Requests to a Service by way of the API server: who reaches that reaches all Services that it lets them ask. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { KubeError, KubeStatus } from './error.ts';
import { errorFromAnswer, errorFromFailure } from './error-from.ts';
import type { KubeTransport } from './transport.ts';

export interface ServiceRequest {
  namespace: string;
  /** `<[scheme:]name[:port]>`: the port by its name or number; left out only where it has no name. */
  service: string;
  method: string;
  /** At the service, with its query; begins with a slash. */
  path: string;
  /** Authorization is left out: that header is the API server's, which takes it off. Default: none. */
  headers?: Record<string, string | string[]>;
  /** Default: none. A stream is sent as it comes. */
  body?: string | Uint8Array | Readable | undefined;
  /** Lower-case name of a header that all answers of the Service have: what has it is none of the API server's, whatever it says. */
  serviceHeader?: string;
  /** Ends the request, its answer's body too. */
  signal: AbortSignal;
  /** Longest until the answer begins, in milliseconds; default 120,000: it may have to be woken up. */
  firstByteMs?: number;
}

/** What the Service answered, whatever its status says. */
export interface ServiceAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  rawHeaders: readonly string[];
  /** As it comes; has to be read to its end, or left by `break`. What is cut off is thrown as a KubeError. */
  body: AsyncIterable<Uint8Array>;
}

const FIRST_BYTE_MS = 120_000;
/** A stream may have nothing to say for long. */
const IDLE_MS = 86_400_000;
/** The API server's own refusals are short and have a length; more is read of none to find out whose it is. */
const MOST_STATUS_BYTES = 64 * 1024;

/** Throws a KubeError where the API server itself refused, or could not be asked. A 401 of it is asked again with new credentials, once. */
export async function proxiedAnswer(transport: KubeTransport, request: ServiceRequest): Promise<ServiceAnswer> {
  try {
    return await answerOnce(transport, request);
  } catch (error) {
    if ((error as KubeError).status !== 401 || request.body instanceof Readable) throw error;
    transport.forgetCredentials();
    return await answerOnce(transport, request);
  }
}

async function answerOnce(transport: KubeTransport, request: ServiceRequest): Promise<ServiceAnswer> {
  const { namespace, service, method, path, headers = {}, body, serviceHeader, signal } = request;
  const [before, after] = [encodeURIComponent(namespace), encodeURIComponent(service)];
  const what = `${method.toLowerCase()} services ${namespace}/${service}/proxy`;
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !/^authorization$/i.test(name)));
  const target = `/api/v1/namespaces/${before}/services/${after}/proxy${path}`;
  const outgoing = { what, method, path: target, headers: passed, body };
  const answer = await transport.forward(
    outgoing,
    { headMs: request.firstByteMs ?? FIRST_BYTE_MS, bodyIdleMs: IDLE_MS },
    signal,
  );
  const { statusCode: status = 0, headers: answered, rawHeaders } = answer;
  const isServices = serviceHeader !== undefined && answered[serviceHeader] !== undefined;
  if (isServices || !mayBeStatus(status, answered)) {
    return { status, headers: answered, rawHeaders, body: bytesOf(answer, what, signal) };
  }
  const chunks = await Array.fromAsync(bytesOf(answer, what, signal));
  const text = Buffer.concat(chunks).toString('utf8');
  if (isStatus(text, status)) throw errorFromAnswer(what, status, text);
  return { status, headers: answered, rawHeaders, body: Readable.from(chunks) };
}

/** Pure. */
export function mayBeStatus(status: number, headers: IncomingHttpHeaders): boolean {
  const length = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
  const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '');
  return status >= 400 && isJson && length <= MOST_STATUS_BYTES && headers['content-encoding'] === undefined;
}

/** A refusal as the API server words it, for this very status. A service that answers just so cannot be told from it. Pure. */
export function isStatus(text: string, httpStatus: number): boolean {
  try {
    const { apiVersion, kind, status, code } = JSON.parse(text) as KubeStatus & { apiVersion?: string; kind?: string };
    return apiVersion === 'v1' && kind === 'Status' && status === 'Failure' && code === httpStatus;
  } catch {
    return false;
  }
}

async function* bytesOf(answer: IncomingMessage, what: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of answer) yield chunk as Uint8Array;
  } catch (error) {
    throw errorFromFailure(what, error, signal.aborted);
  }
}
