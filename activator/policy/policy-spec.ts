import type { PolicySpec } from '#api/rules/policy-fault.ts';

/** Reads of a spec what its policies are compiled from; undefined: it has none. */
export function policySpecOf(given: PolicySpec): PolicySpec | undefined {
  const { httpsOnly, allowFrom, denyFrom, cors, access, rateLimits } = given;
  const spec: PolicySpec = {
    ...(httpsOnly === true && { httpsOnly }),
    ...(allowFrom !== undefined && { allowFrom }),
    ...(denyFrom !== undefined && { denyFrom }),
    ...(cors !== undefined && { cors }),
    ...(access !== undefined && { access }),
    ...(rateLimits !== undefined && rateLimits?.length !== 0 && { rateLimits }),
  };
  return Object.keys(spec).length === 0 ? undefined : spec;
}
