import { randomInt } from 'node:crypto';
import type { LimitKey } from './limit-keys.ts';

const WORDS = 2 ** 32;

/** 0 ≤ x < 1, for seeds: those of Math.random can be told from request ids, which come from it too. */
export function unguessable(): number {
  return randomInt(WORDS) / WORDS;
}

/**
 * 32 bits of all that tells a key from others, by a seed that strangers do not know. Each word goes through the product before
 * the next one comes in: were the words' products put together side by side, those that differ in their high bits alone would
 * collide whatever the seed is.
 */
export function keyHash([one, two]: readonly [number, number], id: number, { high, low }: LimitKey): number {
  let x = Math.imul(high ^ one, 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 15) ^ low ^ two, 0x7feb_352d);
  x = Math.imul(x ^ (x >>> 16) ^ id, 0x846c_a68b);
  x = Math.imul(x ^ (x >>> 15), 0x9e37_79b1);
  return (x ^ (x >>> 16)) >>> 0;
}
