/** By what a limit counts: 64 bits for each client, caller or value of a field. */
import { hash } from 'node:crypto';

export interface LimitKey {
  readonly high: number;
  readonly low: number;
}

/** Of a limit that all requests share. */
export const ONE_KEY: LimitKey = { high: 0, low: 0 };

/** Addresses of IPv6 never begin so: the network would be one of multicast. */
const IPV4_HIGH = 0xffff_ffff;
const UNKNOWN: LimitKey = { high: 0xffff_fffe, low: 0 };
/** Of a longer text the beginning counts: no request's header is to cost more than a hash. */
const MOST_TEXT = 8_192;

/**
 * Of a client's address: IPv4 whole, IPv6 by its /64, which is what one customer of a network gets at the least, and within
 * which it may change its address with each request. All whose address is not known count as one.
 * @param address as `addressOf` gives it: canonical, IPv4 as such.
 */
export function keyOfAddress(address: string): LimitKey {
  if (address.includes(':')) return keyOfIpv6(address);
  let low = 0;
  let parts = 0;
  for (const part of address.split('.', 5)) {
    const byte = Number(part);
    if (part === '' || !(byte >= 0 && byte <= 255)) return UNKNOWN;
    low = low * 256 + byte;
    parts += 1;
  }
  return parts === 4 ? { high: IPV4_HIGH, low } : UNKNOWN;
}

function keyOfIpv6(address: string): LimitKey {
  const gap = address.indexOf('::');
  const before = (gap === -1 ? address : address.slice(0, gap)).split(':');
  const after =
    gap === -1
      ? []
      : address
          .slice(gap + 2)
          .split(':')
          .filter(Boolean);
  const missing = 8 - before.length - after.length;
  const words = gap === -1 ? before : [...before, ...Array<string>(Math.max(0, missing)).fill('0'), ...after];
  const [a = 0, b = 0, c = 0, d = 0] = words.slice(0, 4).map((word) => Number.parseInt(word || '0', 16));
  return { high: a * 65_536 + b, low: c * 65_536 + d };
}

/**
 * Of anything else: the first 64 bits of its SHA-256. Who looks for a value that counts together with another's has to try
 * 2^64 of them.
 * @param kind what the text is, so that the same text of two kinds has two keys.
 */
export function keyOfText(kind: string, text: string): LimitKey {
  const digest = hash('sha256', `${kind}\n${text.slice(0, MOST_TEXT)}`, 'buffer');
  return { high: digest.readUInt32BE(0), low: digest.readUInt32BE(4) };
}
