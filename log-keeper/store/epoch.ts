import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** By which a store is told from one that was in its folder before: made with the first process, kept in `file`. */
export function readEpoch(file: string): string {
  try {
    const epoch = readFileSync(file, 'utf8');
    if (/^[0-9a-f]{16}$/.test(epoch)) return epoch;
  } catch {
    // There is none yet.
  }
  const epoch = randomBytes(8).toString('hex');
  writeFileSync(file, epoch);
  return epoch;
}
