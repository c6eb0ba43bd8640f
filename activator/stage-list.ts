import type { Decision } from './errors/decision.ts';
import type { GatewayError, Reply } from './errors/gateway-error.ts';
import { enter } from './errors/guarded-entries.ts';
import type { RoutedRequest } from './routed-request.ts';
import type { Stage } from './stages.ts';

/** What each request passes, in this order, until a stage answers it or it is over. A stage may have to wait. */
export class StageList {
  readonly #stages: readonly Stage[];
  readonly #answer: (request: RoutedRequest, answer: Reply | GatewayError) => void;

  /** @param answer sends what a stage answered. */
  constructor(stages: readonly Stage[], answer: (request: RoutedRequest, answer: Reply | GatewayError) => void) {
    this.#stages = stages;
    this.#answer = answer;
  }

  pass(request: RoutedRequest, from = 0): void {
    for (let i = from; i < this.#stages.length && !request.over; i += 1) {
      const decision = this.#stages[i]?.(request) ?? 'continue';
      if (decision === 'continue') continue;
      if (decision instanceof Promise) this.#wait(request, decision, i + 1);
      else this.#answer(request, decision);
      return;
    }
  }

  #wait(request: RoutedRequest, decision: Promise<Decision>, next: number): void {
    const crash = (error: unknown) => request.exchange.crash('request goes on', error);
    const goOn = (decided: Decision) => {
      enter('request goes on');
      if (decided === 'continue') this.pass(request, next);
      else this.#answer(request, decided);
    };
    decision.then(goOn).catch(crash);
  }
}
