import type { Failure, Reply } from './gateway-error.ts';

/**
 * What a stage of a request decides: the next one goes on with it, or its client gets an answer that no function gave,
 * which is a failure where the gateway could not do what was asked for.
 */
export type Decision = 'continue' | Reply | Failure;

export function isFailure(decision: Reply | Failure): decision is Failure {
  return 'code' in decision;
}
