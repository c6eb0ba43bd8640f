import type { RateLimitSpec } from '#api/rules/rate-limit-fault.ts';
import type { GatewayError } from '../../errors/gateway-error.ts';
import { NameTable } from '../../upstream/http1/name-table.ts';
import type { Policy, PolicyDecision, RequestFacts } from '../policy.ts';
import type { FunctionLimits } from './function-limits.ts';
import { type LimitRule, limitRules } from './limit-rules.ts';
import { policyMember, quoted, stateMember, wholeSeconds } from './rate-limit-fields.ts';
import type { Limit, LimitVerdict } from './rate-limiter.ts';

const FIELDS = new NameTable<true>([
  ['ratelimit', true],
  ['ratelimit-policy', true],
]);

/** The limits of a function, in two policies: by the client's address, before anything is asked of who calls, and by all else after it. */
export function rateLimits(
  specs: readonly RateLimitSpec[],
  limits: FunctionLimits,
): { ofStrangers: Policy[]; ofCallers: Policy[] } {
  const rules = limitRules(specs);
  const made = limits.update(rules);
  const policyOf = (those: readonly LimitRule[]): Policy[] => {
    const held = those.map((rule) => ({ rule, limit: made.get(rule) as Limit }));
    return held.length === 0 ? [] : [limitPolicy(held, limits)];
  };
  return {
    ofStrangers: policyOf(rules.filter(({ isOfStrangers }) => isOfStrangers)),
    ofCallers: policyOf(rules.filter(({ isOfStrangers }) => !isOfStrangers)),
  };
}

function limitPolicy(held: readonly { rule: LimitRule; limit: Limit }[], limits: FunctionLimits): Policy {
  const policies = held.map(({ rule }) => policyMember(rule)).join(', ');
  const names = held.map(({ rule }) => quoted(rule.name));
  const decisionOf = (verdicts: readonly LimitVerdict[]): PolicyDecision => {
    const refusing = verdicts.reduce(
      (worst, { retryMs }, i) => (retryMs > (verdicts[worst]?.retryMs ?? 0) ? i : worst),
      0,
    );
    const retryMs = verdicts[refusing]?.retryMs ?? 0;
    const states = verdicts.map(({ remaining, fullMs, retryMs: own }, i) => {
      const name = names[i] as string;
      return stateMember({ name, remaining, resetMs: own > 0 ? own : fullMs });
    });
    const add = ['ratelimit-policy', policies, 'ratelimit', states.join(', ')];
    if (retryMs === 0) return { pass: { answer: { instead: FIELDS, add } } };
    return refusal((held[refusing] as (typeof held)[number]).rule, retryMs, add);
  };
  return {
    name: 'rateLimits',
    decide: (request: RequestFacts, { caller }) => {
      const verdicts = limits.judge(held.map(({ rule, limit }) => ({ limit, key: rule.keyOf(request, caller) })));
      return verdicts instanceof Promise ? verdicts.then(decisionOf) : decisionOf(verdicts);
    },
  };
}

function refusal({ name, requests, seconds }: LimitRule, retryMs: number, fields: readonly string[]): GatewayError {
  const retryAfterSeconds = Math.max(1, wholeSeconds(retryMs));
  return {
    code: 'RateLimited',
    message: `the limit ${name}, ${requests} in ${seconds} s, is used up; ask again in ${retryAfterSeconds} s`,
    retryAfterSeconds,
    headers: fields,
  };
}
