/** What `make run` is started with, besides its environment. Pure. */
import { LARGEST_SEED } from '../cluster/realism/realism.ts';

interface Arguments {
  /** Seed of delays as a real cluster has them; undefined: everything is immediate. */
  realism?: number;
}

/** Its message names the argument. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/**
 * `--realism` or `--realism=<seed>`; the last one counts. Throws an ArgumentError for anything else.
 * @param chooseSeed called when none is given
 */
export function parseArguments(given: readonly string[], chooseSeed: () => number): Arguments {
  let parsed: Arguments = {};
  for (const argument of given) {
    const [, seed] = /^--realism(?:=(\d{1,10}))?$/.exec(argument) ?? [argument, 'unknown'];
    const realism = seed === undefined ? chooseSeed() : Number(seed);
    if (!(realism <= LARGEST_SEED))
      throw new ArgumentError(
        `catnap: ${argument} is no argument; there is --realism[=seed], a seed from 0 to ${LARGEST_SEED}`,
      );
    parsed = { realism };
  }
  return parsed;
}
