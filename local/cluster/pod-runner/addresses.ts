/** An address in 127.0.0.0/8 for each pod. */
import { randomInt } from 'node:crypto';
import { usedAddresses } from '../machine/sockets.ts';

const FIRST = 127 * 2 ** 24 + 2 ** 16; // 127.1.0.0: the lower ones are what people use by hand
const COUNT = 2 ** 24 - 2 ** 17;

/** Addresses that are looked up ahead: with many sockets on the machine, the look takes milliseconds. */
const AHEAD = 32;
const REFILL_BELOW = 16;
/** Long enough after a pod was started for the machine to have time again. */
const REFILL_AFTER_MS = 500;

/** Gives out addresses upwards from a random one: one that was used comes again only after millions of others. */
export class AddressPool implements Disposable {
  readonly #taken = new Set<string>();
  readonly #listening: () => Set<string>;
  readonly #ahead: string[] = [];
  #next: number;
  #refill: NodeJS.Timeout | undefined;

  /** @param listening the local addresses of all sockets of the machine */
  constructor(listening: () => Set<string> = usedAddresses, first: number = randomInt(COUNT)) {
    this.#listening = listening;
    this.#next = first;
    this.#fill();
  }

  /** An address that no pod has, and to which no socket of the machine was bound when it was looked up. */
  take(): string {
    if (this.#ahead.length === 0) this.#fill();
    const address = this.#ahead.shift();
    if (address === undefined) throw new Error('no free address in 127.0.0.0/8');
    if (this.#ahead.length < REFILL_BELOW) this.#refill ??= setTimeout(() => this.#fill(), REFILL_AFTER_MS);
    return address;
  }

  /** Keeps an address that a running pod has already. */
  reserve(address: string): void {
    this.#taken.add(address);
    const at = this.#ahead.indexOf(address);
    if (at >= 0) this.#ahead.splice(at, 1);
  }

  release(address: string): void {
    this.#taken.delete(address);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#refill);
  }

  #fill(): void {
    clearTimeout(this.#refill);
    this.#refill = undefined;
    const busy = this.#listening();
    for (let tries = 0; this.#ahead.length < AHEAD && tries < COUNT; tries += 1) {
      const address = addressAt(this.#next);
      this.#next = (this.#next + 1) % COUNT;
      const host = Number(address.slice(address.lastIndexOf('.') + 1));
      if (host === 0 || host === 255 || busy.has(address) || this.#taken.has(address)) continue;
      this.#taken.add(address);
      this.#ahead.push(address);
    }
  }
}

function addressAt(index: number): string {
  const value = FIRST + index;
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
}
