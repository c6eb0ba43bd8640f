import { callerHeaders } from '../caller.ts';
import type { Pass, Policy, PolicyDecision, Refusal, RequestFacts } from '../policy.ts';
import type { Admission, Denial, WayIn } from './way-in.ts';

/**
 * The first way that lets a request in decides. Where none does: 403 if one of them knows who asks, else 401 with the
 * challenges of all. Credentials never reach the function, by whichever way the client came in.
 */
export function access(waysIn: readonly WayIn[]): Policy {
  const withheld = [...new Set(waysIn.flatMap((way) => way.withheld))];
  // Ways give the same admission for the same credentials, whose headers are made once.
  const passes = new WeakMap<Admission, Pass>();

  function from(first: number, request: RequestFacts, denials: Denial[]): PolicyDecision | Promise<PolicyDecision> {
    for (let i = first; i < waysIn.length; i += 1) {
      const judged = (waysIn[i] as WayIn).judge(request);
      if (judged instanceof Promise) return judged.then((late) => take(late, denials) ?? from(i + 1, request, denials));
      const decided = take(judged, denials);
      if (decided !== undefined) return decided;
    }
    return refusalOf(denials);
  }

  /** Undefined: it is the next way's turn. */
  function take(judged: Admission | Denial, denials: Denial[]): PolicyDecision | undefined {
    if ('denied' in judged) {
      denials.push(judged);
      return undefined;
    }
    const known = passes.get(judged);
    if (known !== undefined) return known;
    const pass = passOf(judged, withheld);
    passes.set(judged, pass);
    return pass;
  }

  return {
    name: 'access',
    decide: (request) => from(0, request, []),
    release() {
      for (const way of waysIn) way.release?.();
    },
  };
}

function passOf({ caller, given = [] }: Admission, withheld: readonly string[]): Pass {
  const named = caller === undefined ? [] : callerHeaders(caller);
  return { pass: { caller, withheld, given: [...named, ...given] } };
}

function refusalOf(denials: readonly Denial[]): Refusal {
  const forbidden = denials.filter(({ denied }) => denied === 'forbidden');
  const counted = forbidden.length > 0 ? forbidden : denials;
  const caller = forbidden.find((denial) => denial.caller !== undefined)?.caller;
  const challenges = [...new Set(counted.flatMap(({ challenge }) => challenge ?? []))];
  return {
    code: forbidden.length > 0 ? 'Forbidden' : 'Unauthorized',
    message: [...new Set(counted.map(({ why }) => why))].join('; '),
    headers: challenges.flatMap((challenge) => ['www-authenticate', challenge]),
    ...(caller !== undefined && { caller }),
  };
}
