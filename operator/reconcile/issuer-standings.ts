import { conditionOf } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { policyFault } from '#api/rules/policy-fault.ts';
import type { IssuerStanding } from '../function/issuer-standing.ts';
import type { IssuerReach } from '../issuers/issuer-reach.ts';

/** How the issuers stand that the policies of a Function name. Policies that mean nothing have none asked. */
export function issuerStandings(issuers: IssuerReach, { metadata, spec, status }: FunctionObject): IssuerStanding[] {
  const named = (policyFault(spec) === undefined ? (spec.access ?? []) : []).flatMap(({ jwt }, i) =>
    jwt === undefined ? [] : [{ field: `spec.access[${i}].jwt`, jwt }],
  );
  const route = conditionOf(status, 'RouteReady');
  const wasOpen = route?.status === 'True' && route.observedGeneration === metadata.generation;
  return issuers.standings(functionKey(metadata.namespace, metadata.name), named, { wasOpen });
}
