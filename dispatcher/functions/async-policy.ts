import { bytesIn } from '#api/byte-quantity.ts';
import type { AsyncSpec } from '#api/function-async.ts';
import { DNS_LABEL } from '#api/schema-nodes.ts';

/** How the entries of one function are delivered. */
export interface AsyncPolicy {
  uid: string;
  namespace: string;
  name: string;
  /** Longest that one attempt may take once a replica has it. */
  timeoutMs: number;
  /** The first one included, at least 1. */
  maxAttempts: number;
  /** Longest wait before the second attempt; it doubles with each further one. */
  minBackoffMs: number;
  /** At least minBackoffMs. */
  maxBackoffMs: number;
  /** After this from its acceptance, or from when it may first run, an entry is given up. */
  maxAgeMs: number;
  /** Deliveries at the same time, at least 1. */
  maxConcurrency: number;
  /** How long the answer of one that is done is kept; 0: not at all. */
  resultMs: number;
  /** Most that is kept of its body. */
  maxResultBytes: number;
  /** Where word goes of an entry that is done; absent: nowhere. */
  onSuccess?: Destination;
  /** Of one that was given up. */
  onFailure?: Destination;
}

/** A function of the same namespace, by its name, or an address. */
export type Destination = { function: string } | { url: string };

export type AsyncOwner = Pick<AsyncPolicy, 'uid' | 'namespace' | 'name'>;

/** `async` of a Function as an object may have it that no schema has filled in. */
type GivenAsync = Partial<Omit<AsyncSpec, 'retry' | 'result'>> & {
  retry?: Partial<AsyncSpec['retry']> | undefined;
  result?: Partial<AsyncSpec['result']> | undefined;
};

/** Not from the schema, which takes 15 MB; a test holds them against it. */
const DEFAULTS = {
  timeoutSeconds: 900,
  maxAttempts: 5,
  minBackoffSeconds: 1,
  maxBackoffSeconds: 300,
  maxAgeSeconds: 21_600,
  maxConcurrency: 10,
  resultSeconds: 3_600,
  resultBytes: 256 * 1_024,
};
/** The most that a Function may ask for. */
export const MAX_RESULT_BYTES = 1_048_576;

/** Without `spec`, as one whose fields are all left out. What cannot be read counts as left out. */
export function asyncPolicy({ uid, namespace, name }: AsyncOwner, spec: GivenAsync = {}): AsyncPolicy {
  const { retry = {}, result = {} } = spec;
  const minBackoffSeconds = number(retry.minBackoffSeconds, DEFAULTS.minBackoffSeconds);
  const maxBackoffSeconds = number(retry.maxBackoffSeconds, DEFAULTS.maxBackoffSeconds);
  return {
    uid,
    namespace,
    name,
    timeoutMs: number(spec.timeoutSeconds, DEFAULTS.timeoutSeconds) * 1_000,
    maxAttempts: Math.max(number(retry.maxAttempts, DEFAULTS.maxAttempts), 1),
    minBackoffMs: minBackoffSeconds * 1_000,
    maxBackoffMs: Math.max(minBackoffSeconds, maxBackoffSeconds) * 1_000,
    maxAgeMs: number(spec.maxAgeSeconds, DEFAULTS.maxAgeSeconds) * 1_000,
    maxConcurrency: Math.max(number(spec.maxConcurrency, DEFAULTS.maxConcurrency), 1),
    resultMs: number(result.seconds, DEFAULTS.resultSeconds) * 1_000,
    maxResultBytes: Math.min(bytes(result.maxBytes), MAX_RESULT_BYTES),
    ...destinations(spec),
  };
}

/** Those of `onSuccess` and `onFailure` that name anything. */
export function destinations({
  onSuccess,
  onFailure,
}: Pick<GivenAsync, 'onSuccess' | 'onFailure'>): Pick<AsyncPolicy, 'onSuccess' | 'onFailure'> {
  const [success, failure] = [destination(onSuccess), destination(onFailure)];
  return { ...(success && { onSuccess: success }), ...(failure && { onFailure: failure }) };
}

function destination(given: AsyncSpec['onSuccess']): Destination | undefined {
  const { function: name, url } = given ?? {};
  if (typeof name === 'string' && DNS_LABEL.test(name)) return { function: name };
  return typeof url === 'string' && url !== '' ? { url } : undefined;
}

function number(given: number | undefined, otherwise: number): number {
  return typeof given === 'number' && Number.isFinite(given) && given >= 0 ? given : otherwise;
}

function bytes(given: number | string = DEFAULTS.resultBytes): number {
  try {
    return bytesIn(given);
  } catch {
    return DEFAULTS.resultBytes;
  }
}
