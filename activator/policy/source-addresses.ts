import { type IpRange, ipRange, ipValue } from '#api/rules/ip-network.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { Policy } from './policy.ts';

const REFUSED: GatewayError = { code: 'Forbidden', message: 'the address that the request comes from is not allowed' };

/** Disjoint ranges in ascending order. */
interface Ranges<T> {
  firsts: T[];
  lasts: T[];
}

/** A set of addresses, searched by bisection: the time grows with the logarithm of the number of networks. */
export class AddressSet {
  readonly #v4: Ranges<number>;
  readonly #v6: Ranges<bigint>;

  /** @param networks in CIDR notation, or single addresses. Throws TypeError for what is neither. */
  constructor(networks: readonly string[]) {
    const ranges = networks.map(rangeOf);
    this.#v4 = merged(ranges.filter((range) => range.version === 4));
    this.#v6 = merged(ranges.filter((range) => range.version === 6));
  }

  /** False for what is no address. */
  has(address: string): boolean {
    const value = ipValue(address);
    if (value === undefined) return false;
    return typeof value === 'number' ? holds(this.#v4, value) : holds(this.#v6, value);
  }
}

/**
 * Who may ask, by the client's address. `denyFrom` goes first; with neither there is no such policy. A client without an
 * address that is known is refused.
 */
export function sourceAddresses(allowFrom: readonly string[] | undefined, denyFrom: readonly string[] = []): Policy {
  const allowed = allowFrom === undefined ? undefined : new AddressSet(allowFrom);
  const denied = new AddressSet(denyFrom);
  const mayAsk = (address: string) => {
    if (ipValue(address) === undefined || denied.has(address)) return false;
    return allowed === undefined || allowed.has(address);
  };
  return { name: 'addresses', decide: ({ clientAddress }) => (mayAsk(clientAddress) ? 'continue' : REFUSED) };
}

function rangeOf(text: string): IpRange {
  const range = ipRange(text);
  if (range === undefined) throw new TypeError(`${text} is no network in CIDR notation`);
  return range;
}

function merged<T extends number | bigint>(ranges: readonly { first: T; last: T }[]): Ranges<T> {
  const firsts: T[] = [];
  const lasts: T[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = lasts.at(-1);
    if (before === undefined || first > before) {
      firsts.push(first);
      lasts.push(last);
    } else if (last > before) lasts[lasts.length - 1] = last;
  }
  return { firsts, lasts };
}

function holds<T extends number | bigint>({ firsts, lasts }: Ranges<T>, value: T): boolean {
  let low = 0;
  let high = firsts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((firsts[middle] as T) <= value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && value <= (lasts[low - 1] as T);
}
