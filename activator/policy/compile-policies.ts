import type { WayInSpec } from '#api/rules/access-fault.ts';
import { type PolicySpec, policyFault } from '#api/rules/policy-fault.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { access } from './access/access.ts';
import { apiKeys } from './access/api-keys.ts';
import { publicPaths } from './access/public-paths.ts';
import type { WayIn } from './access/way-in.ts';
import { cors } from './cors.ts';
import { httpsOnly } from './https-only.ts';
import type { Policy } from './policy.ts';
import { PolicyChain, type PolicyChainOptions } from './policy-chain.ts';
import { sourceAddresses } from './source-addresses.ts';

/** The policies of one function. A spec that says something that cannot be understood closes the function: it is never open by mistake. */
export function compilePolicies(spec: PolicySpec, options: PolicyChainOptions): PolicyChain {
  return new PolicyChain(policiesOrClosed(spec), options);
}

function policiesOrClosed(spec: PolicySpec): Policy[] {
  try {
    const fault = policyFault(spec);
    return fault === undefined ? policiesOf(spec) : [closed(fault)];
  } catch (error) {
    // What no schema lets through.
    return [closed(String(error))];
  }
}

/** In the order in which a request passes them. */
function policiesOf(spec: PolicySpec): Policy[] {
  const { allowFrom, denyFrom } = spec;
  return [
    ...(allowFrom !== undefined || denyFrom !== undefined ? [sourceAddresses(allowFrom, denyFrom)] : []),
    ...(spec.httpsOnly === true ? [httpsOnly()] : []),
    // Before access: browsers send preflights without credentials, and a page has to see that it was refused.
    ...(spec.cors !== undefined ? [cors(spec.cors)] : []),
    ...(spec.access !== undefined ? [access(waysIn(spec.access))] : []),
  ];
}

/** Those that need nothing but the request go first. */
function waysIn(specs: readonly WayInSpec[]): WayIn[] {
  return [
    ...specs.flatMap((way) => (way.public === undefined ? [] : [publicPaths(way.public)])),
    ...specs.flatMap((way) => (way.apiKeys === undefined ? [] : [apiKeys(way.apiKeys, way.header)])),
  ];
}

function closed(fault: string): Policy {
  const refusal: GatewayError = { code: 'PolicyInvalid', message: `the function's policies cannot be read: ${fault}` };
  return { name: 'spec', decide: () => refusal };
}
