import { type Decision, isFailure } from '../errors/decision.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { AnswerFields } from './answer-fields.ts';
import type { Caller } from './caller.ts';
import type { Findings, Pass, Policy, PolicyDecision, PolicyName, RequestFacts } from './policy.ts';

/** What became of one decision; for the metrics. */
type PolicyOutcome = 'passed' | 'answered' | 'refused' | 'failed';

export interface PolicyChainOptions {
  /** Calls back once; returns what cancels that. */
  after(delayMs: number, callback: () => void): () => void;
  /** Each decision, for the metrics. */
  decided(policy: PolicyName, outcome: PolicyOutcome): void;
}

/** Longest that a decision may take which has to wait for something. */
const DECISION_MS = 10_000;
/** Requests of one function that wait for decisions at once. */
const WAITING_MAX = 500;

const BUSY: GatewayError = { code: 'GatewayBusy', message: 'too many requests of this function wait to be judged' };
const TOO_SLOW: GatewayError = {
  code: 'GatewayUnavailable',
  message: 'what the policies ask for did not come in time',
};

/** What all policies of a function have made of a request. */
export class Judgement implements Findings {
  decision: Decision = 'continue';
  /** The policy that answered; undefined: all let it pass. */
  by: PolicyName | undefined;
  caller: Caller | undefined;
  readonly withheld: string[] = [];
  readonly given: string[] = [];
  readonly answer: AnswerFields[] = [];

  take({ pass }: Pass): void {
    if (pass.caller !== undefined) this.caller = pass.caller;
    if (pass.withheld !== undefined) this.withheld.push(...pass.withheld);
    if (pass.given !== undefined) this.given.push(...pass.given);
    if (pass.answer !== undefined) this.answer.push(pass.answer);
  }
}

/** The policies of one function, in their order; the first that answers ends it. */
export class PolicyChain implements Disposable {
  readonly #policies: readonly Policy[];
  readonly #options: PolicyChainOptions;
  /** Requests whose decision is a promise that has not settled. */
  #waiting = 0;

  constructor(policies: readonly Policy[], options: PolicyChainOptions) {
    this.#policies = policies;
    this.#options = options;
  }

  /** A promise only where one of the policies has to wait for something. */
  judge(request: RequestFacts): Judgement | Promise<Judgement> {
    return this.#from(0, request, new Judgement());
  }

  /** Requests that are being judged are judged to the end. */
  [Symbol.dispose](): void {
    for (const policy of this.#policies) policy.release?.();
  }

  #from(first: number, request: RequestFacts, so: Judgement): Judgement | Promise<Judgement> {
    for (let i = first; i < this.#policies.length; i += 1) {
      const policy = this.#policies[i] as Policy;
      const decided = this.#decide(policy, request, so);
      if (decided instanceof Promise) return this.#wait(policy, decided, so, () => this.#from(i + 1, request, so));
      if (this.#ends(policy, decided, so)) return so;
    }
    return so;
  }

  #decide(policy: Policy, request: RequestFacts, so: Judgement): PolicyDecision | Promise<PolicyDecision> {
    try {
      return policy.decide(request, so);
    } catch (error) {
      this.#options.decided(policy.name, 'failed');
      throw error;
    }
  }

  #ends({ name }: Policy, decided: PolicyDecision, so: Judgement): boolean {
    if (decided === 'continue' || 'pass' in decided) {
      if (decided !== 'continue') so.take(decided);
      this.#options.decided(name, 'passed');
      return false;
    }
    so.decision = decided;
    so.by = name;
    if ('caller' in decided) so.caller = decided.caller;
    this.#options.decided(name, isFailure(decided) ? 'refused' : 'answered');
    return true;
  }

  #fails({ name }: Policy, failure: GatewayError, so: Judgement): Judgement {
    so.decision = failure;
    so.by = name;
    this.#options.decided(name, 'failed');
    return so;
  }

  /** Of several at once as many as may be; each as long as it may. */
  async #wait(
    policy: Policy,
    decision: Promise<PolicyDecision>,
    so: Judgement,
    rest: () => Judgement | Promise<Judgement>,
  ): Promise<Judgement> {
    if (this.#waiting >= WAITING_MAX) {
      decision.catch(() => undefined);
      return this.#fails(policy, BUSY, so);
    }
    this.#waiting += 1;
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#options.after(DECISION_MS, () => late.resolve(undefined));
    try {
      const decided = await Promise.race([decision, late.promise]);
      if (decided === undefined) return this.#fails(policy, TOO_SLOW, so);
      if (this.#ends(policy, decided, so)) return so;
    } catch (error) {
      this.#options.decided(policy.name, 'failed');
      throw error;
    } finally {
      cancel();
      this.#waiting -= 1;
    }
    return rest();
  }
}
