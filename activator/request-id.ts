import { randomInt, randomUUID } from 'node:crypto';

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));
/** As many ids differ in their last four digits only. */
const FAMILY = 65_536;

/**
 * Makes ids for requests, in the form of UUIDs. They name, they do not protect: those of one family share their random
 * beginning and go through all endings in an order of its own. So an id costs a twentieth of a random one.
 */
export class RequestIds {
  #beginning = '';
  #left = 0;
  #step = 0;
  #ending = 0;

  next(): string {
    if (this.#left === 0) this.#beginFamily();
    this.#left -= 1;
    this.#ending = (this.#ending + this.#step) & (FAMILY - 1);
    return `${this.#beginning}${HEX[this.#ending >> 8]}${HEX[this.#ending & 255]}`;
  }

  #beginFamily(): void {
    this.#beginning = randomUUID().slice(0, -4);
    this.#left = FAMILY;
    // An odd step comes to each ending once.
    this.#step = randomInt(FAMILY) | 1;
    this.#ending = randomInt(FAMILY);
  }
}
