import type { GatewayError, Reply } from './gateway-error.ts';

/**
 * What a stage of a request decides: the next one goes on with it, or its client gets an answer that no function gave,
 * which is a failure where the gateway could not do what was asked for.
 */
export type Decision = 'continue' | Reply | GatewayError;

export function isFailure(decision: Reply | GatewayError): decision is GatewayError {
  return 'code' in decision;
}
