const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));
/** As many ids differ in their last four digits only. */
const FAMILY = 65_536;

/**
 * Makes ids for requests, in the form of UUIDs. They name, they do not protect: those of one family share their random
 * beginning and go through all endings in an order of its own, and what is random in them can be guessed by who has seen
 * enough of it. So an id costs a twentieth of one of node:crypto, which takes 6 ms to load.
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
    const bytes = Array.from({ length: 14 }, () => below(256));
    const hex = bytes.map(
      (byte, index) => HEX[index === 6 ? (byte & 15) | 64 : index === 8 ? (byte & 63) | 128 : byte],
    );
    this.#beginning = hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    this.#left = FAMILY;
    // An odd step comes to each ending once.
    this.#step = below(FAMILY) | 1;
    this.#ending = below(FAMILY);
  }
}

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}
