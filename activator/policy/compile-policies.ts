import type { WayInSpec } from '#api/rules/access-fault.ts';
import { type PolicySpec, policyFault } from '#api/rules/policy-fault.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { access } from './access/access.ts';
import { apiKeys } from './access/api-keys.ts';
import { clientCertificates } from './access/client-certificates.ts';
import { jwt, type TokenChecks } from './access/jwt.ts';
import { publicPaths } from './access/public-paths.ts';
import { serviceAccounts } from './access/service-accounts.ts';
import type { WayIn } from './access/way-in.ts';
import { cors } from './cors.ts';
import { httpsOnly } from './https-only.ts';
import type { Policy } from './policy.ts';
import { PolicyChain, type PolicyChainOptions } from './policy-chain.ts';
import type { FunctionLimits } from './rate-limits/function-limits.ts';
import { rateLimits } from './rate-limits/rate-limits.ts';
import { sourceAddresses } from './source-addresses.ts';

export interface CompileOptions extends PolicyChainOptions {
  /** Those of the function; undefined: its spec has none. */
  limits?: FunctionLimits | undefined;
  /** Of the function. */
  namespace: string;
  tokens: TokenChecks;
}

/** The policies of one function. A spec that says something that cannot be understood closes the function: it is never open by mistake. */
export function compilePolicies(spec: PolicySpec, options: CompileOptions): PolicyChain {
  return new PolicyChain(policiesOrClosed(spec, options), options);
}

function policiesOrClosed(spec: PolicySpec, options: CompileOptions): Policy[] {
  try {
    const fault = policyFault(spec);
    return fault === undefined ? policiesOf(spec, options) : [closed(fault)];
  } catch (error) {
    // What no schema lets through.
    return [closed(String(error))];
  }
}

/** In the order in which a request passes them. */
function policiesOf(spec: PolicySpec, options: CompileOptions): Policy[] {
  const { limits } = options;
  const { allowFrom, denyFrom } = spec;
  const limited = limits === undefined ? undefined : rateLimits(spec.rateLimits ?? [], limits);
  return [
    ...(allowFrom !== undefined || denyFrom !== undefined ? [sourceAddresses(allowFrom, denyFrom)] : []),
    ...(spec.httpsOnly === true ? [httpsOnly()] : []),
    // Before access: browsers send preflights without credentials, and a page has to see that it was refused.
    ...(spec.cors !== undefined ? [cors(spec.cors)] : []),
    // What strangers may ask is limited before anything is spent on who they are, all else by who they are.
    ...(limited?.ofStrangers ?? []),
    ...(spec.access !== undefined ? [access(waysIn(spec.access, options))] : []),
    ...(limited?.ofCallers ?? []),
  ];
}

/** Those that need nothing but the request go first. */
function waysIn(specs: readonly WayInSpec[], { namespace, tokens }: CompileOptions): WayIn[] {
  return [
    ...specs.flatMap((way) => (way.public === undefined ? [] : [publicPaths(way.public)])),
    ...specs.flatMap((way) => (way.apiKeys === undefined ? [] : [apiKeys(way.apiKeys, way.header)])),
    ...specs.flatMap((way) => (way.clientCertificate === undefined ? [] : [clientCertificates(way.clientCertificate)])),
    ...specs.flatMap((way) => (way.jwt === undefined ? [] : [jwt(way.jwt, namespace, tokens)])),
    ...specs.flatMap(({ serviceAccounts: accounts, audiences = [] }) =>
      accounts === undefined ? [] : [serviceAccounts({ accounts, audiences }, tokens)],
    ),
  ];
}

function closed(fault: string): Policy {
  const refusal: GatewayError = { code: 'PolicyInvalid', message: `the function's policies cannot be read: ${fault}` };
  return { name: 'spec', decide: () => refusal };
}
