import type { EntryOutcome, InvocationState } from '#api/invocations.ts';
import type { GatewayError } from '../errors/gateway-error.ts';

const STATES: readonly unknown[] = ['waiting', 'running', 'done', 'buried', 'cancelled'] satisfies InvocationState[];
/** What the gateway goes by; of what is not kept for another reason it says the reason. */
export type KnownOutcome = Exclude<EntryOutcome, { outcome: 'unknown' | 'invalid' }>;

const ID = /^[\da-f-]{36}$/;

/** It is not certain that the dispatcher has it. */
export function unavailable(why: string): GatewayError {
  return { code: 'AsyncUnavailable', message: `the dispatcher has not said that it keeps this: ${why}` };
}

/**
 * What became of each of so many entries. Where there are more or fewer answers it is not known which one is whose: none of them
 * counts.
 */
export function outcomesIn(bytes: Uint8Array, count: number): (KnownOutcome | GatewayError)[] {
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

function outcomeOf(answer: unknown): KnownOutcome | GatewayError {
  const { outcome, id, state, bound } = Object(answer) as Record<string, unknown>;
  const hasId = typeof id === 'string' && ID.test(id);
  if (outcome === 'accepted') return { outcome };
  if (outcome === 'exists' && hasId && STATES.includes(state)) return { outcome, id, state: state as InvocationState };
  if (outcome === 'conflict' && hasId) return { outcome, id };
  if (outcome === 'full') return { outcome, bound: typeof bound === 'string' ? bound.slice(0, 100) : 'of it' };
  if (outcome === 'unknown') return unavailable('it knows no such function yet');
  if (outcome === 'invalid') return unavailable('it takes it for none');
  return unavailable('its answer is none to an entry');
}
