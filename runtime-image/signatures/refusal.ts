import type { Reply } from '../reply.ts';

/** A request that does not reach its function, because it is none of those that the function's signature takes. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly code: string;
  readonly headers: Reply['headers'];

  /** @param message for the client: what is wrong with the request. */
  constructor(status: number, code: string, message: string, headers: Reply['headers'] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The answer to a request that was refused while it was prepared; any other error is thrown on. */
export function replyOfRefusal(error: unknown): Reply {
  if (!(error instanceof Refused)) throw error;
  const { status, code, message, headers } = error;
  const body = JSON.stringify({ error: code, message });
  return { status, statusText: '', headers: [['content-type', 'application/json'], ...headers], body };
}
