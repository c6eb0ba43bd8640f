/** A small open-addressing table in typed arrays: linear probing, 20 bytes a slot. */
import type { LimitKey } from './limit-keys.ts';

export interface Part {
  /** In slots. */
  size: number;
  used: number;
  high: Uint32Array;
  low: Uint32Array;
  /** 0: the slot is free. */
  space: Uint32Array;
  tatMs: Float64Array;
}

export const BYTES_A_SLOT = 20;

export function emptyPart(size: number): Part {
  return {
    size,
    used: 0,
    high: new Uint32Array(size),
    low: new Uint32Array(size),
    space: new Uint32Array(size),
    tatMs: new Float64Array(size),
  };
}

/** The bits that did not choose the part choose the slot. */
export function homeOf(part: Part, mixed: number): number {
  return Math.floor(((mixed >>> 9) / 2 ** 23) * part.size);
}

/** Where the key is, else the free slot where it would be. */
export function slotOf(part: Part, id: number, { high, low }: LimitKey, mixed: number): number {
  let slot = homeOf(part, mixed);
  while (part.space[slot] !== 0) {
    if (part.space[slot] === id && part.high[slot] === high && part.low[slot] === low) return slot;
    slot += 1;
    if (slot === part.size) slot = 0;
  }
  return slot;
}

/** Some slots that are taken, from a place by chance on. */
export function* someOf(part: Part, chance: number, most: number): Generator<number> {
  let slot = Math.floor(chance * part.size);
  let found = 0;
  for (let i = 0; i < part.size && found < most; i += 1) {
    if (part.space[slot] !== 0) {
      found += 1;
      yield slot;
    }
    slot = (slot + 1) % part.size;
  }
}
