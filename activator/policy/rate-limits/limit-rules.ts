/** What a function's spec says of its limits, read once per change of it. Pure. */
import type { RateLimitSpec } from '#api/rules/rate-limit-fault.ts';
import type { Caller } from '../caller.ts';
import type { RequestFacts } from '../policy.ts';
import { type Rate, rateOf } from './gcra.ts';
import { keyOfAddress, keyOfText, type LimitKey, ONE_KEY } from './limit-keys.ts';

export interface LimitRule {
  readonly name: string;
  readonly requests: number;
  readonly seconds: number;
  readonly rate: Rate;
  /** Counts strangers, and so stands before what finds out who they are. */
  readonly isOfStrangers: boolean;
  /** What its keys are: with another, nothing of what they have used counts on. */
  readonly of: string;
  keyOf(request: RequestFacts, caller: Caller | undefined): LimitKey;
}

/** Each with a name of its own: the one that it was given, else what it counts by. */
export function limitRules(specs: readonly RateLimitSpec[]): LimitRule[] {
  const taken = new Set(specs.map(({ name }) => name));
  return specs.map((spec) => {
    const name = spec.name ?? freeName(spec.by.toLowerCase(), taken);
    taken.add(name);
    const { requests, seconds, by, burst = requests } = spec;
    return {
      name,
      requests,
      seconds,
      rate: rateOf({ requests, seconds, burst }),
      isOfStrangers: by === 'Client',
      of: `${by} ${spec.header?.toLowerCase() ?? spec.claim ?? ''}`,
      keyOf: keyOf(spec),
    };
  });
}

function freeName(name: string, taken: ReadonlySet<string | undefined>): string {
  for (let i = 1; ; i += 1) {
    const tried = i === 1 ? name : `${name}-${i}`;
    if (!taken.has(tried)) return tried;
  }
}

/** A request that does not say what is counted by counts by its caller, and one without a caller by its client's address. */
function keyOf({ by, header = '', claim = '' }: RateLimitSpec): LimitRule['keyOf'] {
  switch (by) {
    case 'Function':
      return () => ONE_KEY;
    case 'Client':
      return ({ clientAddress }) => keyOfAddress(clientAddress);
    case 'Caller':
      return keyOfCaller;
    case 'Header': {
      const name = header.toLowerCase();
      return (request, caller) => {
        const value = request.header(name);
        return value === undefined ? keyOfCaller(request, caller) : keyOfText('header', value);
      };
    }
    case 'Claim':
      return (request, caller) => {
        const { claims = {} } = caller ?? {};
        const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
        return value === undefined || value === null
          ? keyOfCaller(request, caller)
          : keyOfText('claim', typeof value === 'string' ? value : JSON.stringify(value));
      };
  }
}

function keyOfCaller({ clientAddress }: RequestFacts, caller: Caller | undefined): LimitKey {
  return caller === undefined
    ? keyOfAddress(clientAddress)
    : keyOfText('caller', `${caller.way}\n${caller.issuer ?? ''}\n${caller.name}`);
}
