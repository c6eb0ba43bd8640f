import { InvalidArgumentError } from 'commander';
import { DNS_LABEL } from '#api/schema-nodes.ts';

/** A number of things, or of seconds, from 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('it is a whole number from 1.');
  return value;
}

/** Of a function or a namespace. An empty one, as an unset variable gives it, would name all of them elsewhere. */
export function nameOf(text: string): string {
  if (text.length > 63 || !DNS_LABEL.test(text))
    throw new InvalidArgumentError('a name has lower case letters, digits and "-", at most 63.');
  return text;
}

/** Of an argument that may be given again. */
export function namesOf(text: string, before: readonly string[] = []): string[] {
  return [...before, nameOf(text)];
}
