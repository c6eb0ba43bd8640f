import { InvalidArgumentError } from 'commander';

/** A number of things, or of seconds, from 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('it is a whole number from 1.');
  return value;
}
