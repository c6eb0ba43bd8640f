/** For tests: how the requests of this corpus are written down. */

/** A request that is malformed, or means harm, and what is to become of it. */
export interface Attack {
  what: string;
  /** All that the client sends; each character is one byte. */
  bytes: string;
  /** Statuses of the answers, in order; empty: the connection is closed without a word. Default: 400 alone. */
  answers?: readonly number[];
  /**
   * What replicas get of it, each as `METHOD target body`, in order; default: nothing at all.
   * Where the RFCs let a request pass, it has to arrive as exactly one well-formed request.
   */
  reaches?: readonly string[];
  /** Its beginning may reach a replica, which then sees its connection break. */
  cut?: boolean;
  /** The client has no more to say and ends its side. */
  ends?: boolean;
}

export const HOST = 'hello.default.fn.example';

/** Lines of a head, and the empty one after them. */
export function head(...lines: readonly string[]): string {
  return [...lines, '', ''].join('\r\n');
}

export function get(...fields: readonly string[]): string {
  return head('GET /first HTTP/1.1', `Host: ${HOST}`, ...fields);
}

export function post(...fields: readonly string[]): string {
  return head('POST /first HTTP/1.1', `Host: ${HOST}`, ...fields);
}

/** A request that must not be seen by a reader that takes the bytes before it for a whole request. */
export const SMUGGLED = head('GET /smuggled HTTP/1.1', `Host: ${HOST}`);

/** Tells names apart where the bytes would not. */
export function each<T>(values: readonly T[], make: (value: T) => Attack): Attack[] {
  return values.map(make);
}
