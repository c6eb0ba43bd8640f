import type { Signature } from '../api/names.ts';
import type { Context } from './call/context.ts';

/** What a replica serves: one handler of one function. It is given once and never changes. */
export interface Assignment {
  /** The Function's name. */
  function: string;
  namespace: string;
  /** The revision's name; empty: not known. */
  revision: string;
  code: Code;
  /** Which export, or registered function, to call; may be dotted. */
  handler: string;
  signature: Signature;
  /** Milliseconds one request may take; 0: no limit. */
  timeoutMs: number;
  /** Milliseconds a delivery of stored work may take; 0: there are none. */
  asyncTimeoutMs: number;
  /** Handlers that may run at once; 0: no limit. */
  concurrencyLimit: number;
  /** Whether clients are shown stacks. */
  isDevelopment: boolean;
  /** What handlers see of the environment. */
  env: Context['env'];
}

/** Where the handler's module comes from. */
export type Code = PackedBundle | HandlerFile;

/** A bundle as the operator hands it over: BUNDLE_TEXT and its text, or base64 of brotli. */
export interface PackedBundle {
  packed: string;
  /** SHA-256 of `packed`, in hex; undefined: it is not checked. */
  sha256: string | undefined;
}

/** A file of the image. */
export interface HandlerFile {
  /** Its path; undefined: what `require` of the working directory would load. */
  file: string | undefined;
}

/** Milliseconds that the longest call may take; 0: any time. A pod is given as long to leave, and some seconds. */
export function longestMs({ timeoutMs, asyncTimeoutMs }: Assignment): number {
  return timeoutMs === 0 ? 0 : Math.max(timeoutMs, asyncTimeoutMs);
}

/** `<namespace>/<name>`, as answers and logs name it. */
export function functionName({ namespace, function: name }: Pick<Assignment, 'namespace' | 'function'>): string {
  return `${namespace}/${name}`;
}
