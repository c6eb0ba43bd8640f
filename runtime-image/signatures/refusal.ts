import { HEADER } from '../../api/names.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Reply } from '../http/reply.ts';

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
export function refusalOf(exchange: Exchange): (error: unknown) => Reply {
  return (error) => {
    if (!(error instanceof Refused)) throw error;
    const { status, code, message, headers } = error;
    const { requestId, functionName } = exchange;
    const own: Reply['headers'] = [
      ['content-type', 'application/json'],
      [HEADER.error, code],
    ];
    const body = JSON.stringify({ error: code, message, function: functionName, requestId });
    return { status, statusText: '', headers: [...own, ...headers], body };
  };
}
