import type { GatewayError } from '../errors/gateway-error.ts';
import type { FunctionBudget } from '../queue/fair-share.ts';
import type { BodySink } from './request-body.ts';

/** Takes a request in the place of a function's queue. The stage that gave it has its answer. */
export interface RequestTaker {
  /** What of its answer the client does not read is counted in. */
  readonly budget: FunctionBudget;
  /** Where its body goes; undefined: it is not read. Without a body, `finish` is called at once. */
  readonly sink: BodySink | undefined;
  /** So many bytes of the body have come, before they go on. A failure: the request is refused. */
  received(total: number): GatewayError | undefined;
  /** The request is over: it was answered, or its client is gone. Called once. */
  over(): void;
}
