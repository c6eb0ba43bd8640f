import type { GatewayError } from '../errors/gateway-error.ts';
import { guarded } from '../errors/guarded-entries.ts';
import { LinkedQueue } from './linked-queue.ts';

/** As many are answered in one turn of the event loop; what else came in that turn does not wait for the rest. */
const PER_TURN = 4;

interface Refusable {
  refuse(failure: GatewayError): void;
}

/** Turns requests away, of all functions. However many come at once, they hold others up no longer than a few of them take. */
export class RejectionPacer {
  readonly #waiting = new LinkedQueue<{ visitor: Refusable; failure: GatewayError }>();
  readonly #onTurn = guarded(
    'rejection turn',
    () => this.#turn(),
    () => this.#turn(),
  );
  #inThisTurn = 0;

  /** Now, or in one of the next turns of the event loop. */
  refuse(visitor: Refusable, failure: GatewayError): void {
    if (this.#inThisTurn === 0) setImmediate(this.#onTurn);
    if (this.#inThisTurn < PER_TURN && this.#waiting.size === 0) {
      this.#inThisTurn += 1;
      visitor.refuse(failure);
    } else {
      this.#waiting.append({ visitor, failure });
    }
  }

  #turn(): void {
    this.#inThisTurn = 0;
    for (let place = this.#waiting.first; place !== undefined; place = this.#waiting.first) {
      if (this.#inThisTurn === PER_TURN) break;
      this.#inThisTurn += 1;
      this.#waiting.remove(place);
      place.value.visitor.refuse(place.value.failure);
    }
    if (this.#inThisTurn > 0) setImmediate(this.#onTurn);
  }
}
