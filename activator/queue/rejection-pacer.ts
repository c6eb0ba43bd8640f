import type { GatewayError } from '../errors/gateway-error.ts';
import { guarded } from '../errors/guarded-entries.ts';
import { LinkedQueue } from './linked-queue.ts';

/** Rejections written in one turn of the event loop; the rest wait, so that other requests of that turn do not. */
const PER_TURN = 4;

interface Refusable {
  refuse(failure: GatewayError): void;
}

/** Load shedding at a bounded pace, for all functions: a flood of rejections does not block the event loop. */
export class RejectionPacer {
  readonly #waiting = new LinkedQueue<{ request: Refusable; failure: GatewayError }>();
  readonly #onTurn = guarded(
    'rejection turn',
    () => this.#turn(),
    () => this.#turn(),
  );
  #inThisTurn = 0;

  /** Now, or in one of the next turns of the event loop. */
  refuse(request: Refusable, failure: GatewayError): void {
    if (this.#inThisTurn === 0) setImmediate(this.#onTurn);
    if (this.#inThisTurn < PER_TURN && this.#waiting.size === 0) {
      this.#inThisTurn += 1;
      request.refuse(failure);
    } else {
      this.#waiting.append({ request, failure });
    }
  }

  #turn(): void {
    this.#inThisTurn = 0;
    for (let entry = this.#waiting.first; entry !== undefined; entry = this.#waiting.first) {
      if (this.#inThisTurn === PER_TURN) break;
      this.#inThisTurn += 1;
      this.#waiting.remove(entry);
      entry.value.request.refuse(entry.value.failure);
    }
    if (this.#inThisTurn > 0) setImmediate(this.#onTurn);
  }
}
