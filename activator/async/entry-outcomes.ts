import type { DispatcherRefusal, EntryOutcome, InvocationState } from '#api/invocations.ts';
import type { GatewayError } from '../errors/gateway-error.ts';

const STATES: readonly unknown[] = ['waiting', 'running', 'done', 'buried', 'cancelled'] satisfies InvocationState[];
/** Of what the dispatcher says in words, so many characters are passed on. */
const MOST_TEXT = 200;
const ID = /^[\da-f-]{36}$/;

/** It is not certain that the dispatcher has it. */
export function unavailable(why: string): GatewayError {
  return { code: 'AsyncUnavailable', message: `the dispatcher has not said that it keeps this: ${why}` };
}

/**
 * What became of each of so many entries. Where there are more or fewer answers it is not known which one is whose: none of them
 * counts.
 */
export function outcomesIn(bytes: Uint8Array, count: number): (EntryOutcome | GatewayError)[] {
  const answers = jsonIn(bytes);
  if (!Array.isArray(answers) || answers.length !== count) {
    return new Array(count).fill(unavailable(`its answer is not one to ${count} entries`));
  }
  return answers.map(outcomeOf);
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

function outcomeOf(answer: unknown): EntryOutcome | GatewayError {
  const { outcome, id, state, bound, message } = Object(answer) as Record<string, unknown>;
  const hasId = typeof id === 'string' && ID.test(id);
  if (outcome === 'accepted') return { outcome };
  if (outcome === 'exists' && hasId && STATES.includes(state)) return { outcome, id, state: state as InvocationState };
  if (outcome === 'conflict' && hasId) return { outcome, id };
  if (outcome === 'full') return { outcome, bound: textOf(bound) };
  if (outcome === 'unknown') return { outcome };
  if (outcome === 'invalid') return { outcome, message: textOf(message) };
  return unavailable('its answer is none to an entry');
}

function textOf(given: unknown): string {
  return typeof given === 'string' ? given.slice(0, MOST_TEXT) : '?';
}

/** What a client is told of an entry that was not kept. */
export function refusalFor(outcome: Exclude<EntryOutcome, { outcome: 'accepted' | 'exists' }>): GatewayError {
  switch (outcome.outcome) {
    case 'conflict':
      return {
        code: 'IdempotencyKeyReused',
        message: 'this Idempotency-Key was used for another request to this function',
      };
    case 'full':
      return { code: 'AsyncFull', message: `as much of this function waits as may: ${outcome.bound}` };
    case 'unknown':
      return unavailable('it does not know the function yet');
    case 'invalid':
      // Another version of it than of this gateway: sending it again would change nothing.
      return { code: 'InternalError', message: `the dispatcher does not take this entry: ${outcome.message}` };
  }
}

/** Why all of a batch is refused, from the body of the dispatcher's answer; for logs. */
export function refusalIn(status: number, bytes: Uint8Array): string {
  const { code, message } = Object(jsonIn(bytes)) as Partial<Record<keyof DispatcherRefusal, unknown>>;
  return typeof code === 'string'
    ? `it answered ${status}, ${textOf(code)}: ${textOf(message)}`
    : `it answered ${status}`;
}
