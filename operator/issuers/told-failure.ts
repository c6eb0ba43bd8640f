import { NotAllowed } from '#platform/addresses/checked-url.ts';
import { OtherIssuer } from '#platform/issuers/issuer-keys.ts';

/**
 * Why there are no keys, in words for those that write Functions: they choose the address, and must not learn what is at it
 * where they cannot look themselves. The precise reason is for the operator's log.
 */
export function toldFailure(error: unknown): string {
  if (error instanceof NotAllowed || error instanceof OtherIssuer) return error.told;
  return 'nothing that is a key set comes from its address';
}
