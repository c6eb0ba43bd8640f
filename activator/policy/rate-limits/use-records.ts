/** How gateways tell each other of keys: 12 bytes a key, as text, so that a line of a hint has room for several. */
import type { LimitKey } from './limit-keys.ts';

export interface KeyUse extends LimitKey {
  /** Requests; more than a hint has room for count as that many. */
  readonly requests: number;
}

/** That fit a hint. */
export const MOST_KEYS = 40;
const BYTES = 12;
const MOST_REQUESTS = 0xffff_ffff;
const TEXT = /^(?:[A-Za-z0-9_-]{16}){1,40}$/;

/** @param uses no more than MOST_KEYS. */
export function encodeUses(uses: readonly KeyUse[]): string {
  const bytes = Buffer.alloc(uses.length * BYTES);
  uses.forEach(({ high, low, requests }, i) => {
    bytes.writeUInt32BE(high, i * BYTES);
    bytes.writeUInt32BE(low, i * BYTES + 4);
    bytes.writeUInt32BE(Math.min(MOST_REQUESTS, Math.max(0, Math.ceil(requests))), i * BYTES + 8);
  });
  return bytes.toString('base64url');
}

/** Undefined: it is no such text. */
export function decodeUses(text: string): KeyUse[] | undefined {
  if (!TEXT.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return Array.from({ length: bytes.length / BYTES }, (_, i) => ({
    high: bytes.readUInt32BE(i * BYTES),
    low: bytes.readUInt32BE(i * BYTES + 4),
    requests: bytes.readUInt32BE(i * BYTES + 8),
  }));
}
