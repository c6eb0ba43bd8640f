/** What was accepted to be delivered later, and what became of it. */
import { INVOCATION_PREFIX, type InvocationState } from '#api/invocations.ts';
import type { ServiceAnswer } from '#platform/kube/service-proxy.ts';
import { backoffMs } from '#platform/time/backoff.ts';
import { pause } from '#platform/time/deadline.ts';
import { beginningOf } from '../cluster/beginning-of.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { Invocation } from './invocation.ts';

interface Accepted {
  id: string;
  status: InvocationState;
}

/** As the gateway gives it; a function's answer has its body in it, up to what is kept. */
interface Ended extends Accepted {
  attempts: number;
  note?: string;
  /** The function's answer, where it is kept. */
  response?: KeptAnswer;
}

interface KeptAnswer {
  /** Where it is text. */
  body?: string;
  bodyBase64?: string;
  truncated?: boolean;
}

const MOST_BYTES = 16 * 1024 * 1024;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Longest that one question waits for the end, in seconds. */
const WAIT_SECONDS = 20;
/** Between two questions: an answer may come at once, with nothing new. */
const BETWEEN_MS = 200;
const RETRY = { baseMs: 250, maxMs: 5_000 };
/** Failures in a row of a gateway that cannot tell now. */
const MOST_FAILURES = 8;
/** Of a request that has been accepted, not of the question how it goes. */
const OF_THE_REQUEST = ['content-type', 'prefer', 'idempotency-key', 'catnap-not-before'];

/** The headers of a request that asks to be accepted for later. Pure. */
export function forLater(headers: Invocation['headers']): Invocation['headers'] {
  return { ...headers, prefer: [...(headers.prefer ?? []), 'respond-async'] };
}

/** Undefined for a body that is none of the gateway's about what it accepted. Pure. */
export function acceptedIn(text: string): Accepted | undefined {
  try {
    const { id, status } = JSON.parse(text) as Partial<Accepted>;
    return id !== undefined && ID.test(id) && status !== undefined ? { id, status } : undefined;
  } catch {
    return undefined;
  }
}

/** The question how one goes, as its request was allowed; to be asked at the function. Pure. */
export function questionAbout(id: string, { headers }: Invocation): Invocation {
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_REQUEST.includes(name));
  return {
    method: 'GET',
    target: `${INVOCATION_PREFIX}${id}`,
    headers: { ...Object.fromEntries(kept), prefer: [`wait=${WAIT_SECONDS}`] },
  };
}

interface Following {
  id: string;
  /** The question how it goes. */
  ask: () => Promise<ServiceAnswer>;
  signal: AbortSignal;
  /** Between two questions; default: so many milliseconds. */
  rest?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The answer's body, as far as it is kept. Pure. */
export function bodyOf({ body, bodyBase64 = '' }: KeptAnswer): Buffer {
  return body === undefined ? Buffer.from(bodyBase64, 'base64') : Buffer.from(body);
}

/** Resolves once it has ended, however long that takes. Throws a CommandError where it cannot be asked about. */
export async function endOf({ ask, id, signal, rest = pause }: Following): Promise<Ended> {
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask().catch((error: unknown) => {
      failures += 1;
      if (signal.aborted || failures === MOST_FAILURES) throw error;
      return undefined;
    });
    const ended = answer && (await stateIn(answer, id));
    if (ended === 'unknown') failures += 1;
    else if (ended !== undefined) {
      failures = 0;
      if (ended.status !== 'waiting' && ended.status !== 'running') return ended;
    }
    if (failures === MOST_FAILURES)
      throw new CommandError(`how ${id} goes cannot be asked: the gateway answered ${answer?.status}`, EXIT.failed);
    await rest(failures === 0 ? BETWEEN_MS : backoffMs(failures, RETRY, Math.random()), signal);
  }
}

/** `unknown`: it may be said in a moment. Throws a CommandError where there is nothing to be said, or not to this caller. */
async function stateIn({ status, body }: ServiceAnswer, id: string): Promise<Ended | 'unknown'> {
  const text = String(await beginningOf(body, MOST_BYTES));
  const said = status === 200 ? acceptedIn(text) : undefined;
  if (said !== undefined) return JSON.parse(text) as Ended;
  if (status >= 500 || status === 429) return 'unknown';
  const exitCode = status === 404 ? EXIT.notFound : EXIT.failed;
  throw new CommandError(`how ${id} goes cannot be asked: the gateway answered ${status}`, exitCode);
}
