/** Whether the policies of a spec say something: the operator tells what does not, and a gateway closes such a function. */
import { accessFault, type WayInSpec } from './access-fault.ts';
import { type CorsSpec, corsFault } from './cors-fault.ts';
import { ipRange } from './ip-network.ts';
import { type RateLimitSpec, rateLimitFault } from './rate-limit-fault.ts';

/** The part of a spec that says who may ask, and how. */
export interface PolicySpec {
  httpsOnly?: boolean | undefined;
  allowFrom?: readonly string[] | undefined;
  denyFrom?: readonly string[] | undefined;
  cors?: CorsSpec | undefined;
  access?: readonly WayInSpec[] | undefined;
  rateLimits?: readonly RateLimitSpec[] | undefined;
}

/** The first thing that the schema lets through and that means nothing, as a sentence; undefined: there is none. */
export function policyFault(spec: PolicySpec): string | undefined {
  return (
    networkFault('allowFrom', spec.allowFrom) ??
    networkFault('denyFrom', spec.denyFrom) ??
    corsFault(spec.cors) ??
    accessFault(spec.access) ??
    rateLimitFault(spec.rateLimits)
  );
}

function networkFault(field: string, networks: readonly string[] = []): string | undefined {
  const wrong = networks.findIndex((text) => ipRange(text) === undefined);
  return wrong === -1
    ? undefined
    : `spec.${field}[${wrong}]: ${JSON.stringify(networks[wrong])} is neither an address nor a network such as 10.0.0.0/8 or 2001:db8::/32`;
}
