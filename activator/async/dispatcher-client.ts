import { ENTRIES_PATH, INVOCATIONS_PATH } from '#api/invocations.ts';
import type { Clock } from '#platform/time/clock.ts';
import { ConnectionPool } from '../upstream/connection-pool.ts';
import type { Dispatcher, Question } from './dispatcher.ts';
import { ConnectionLost, type DispatcherAnswer, DispatcherCall, type DispatcherRequest } from './dispatcher-call.ts';
import { refusalIn } from './entry-outcomes.ts';
import { QuestionPlaces } from './question-places.ts';

export interface DispatcherClientParts {
  /** Base URL, without a path. */
  url: string;
  /** Proves which process this is. */
  token: { read(): Promise<string>; forget(): void };
  clock: Clock;
}

/** How long one try may take, and what ends it earlier. */
interface Patience {
  withinMs: number;
  signal?: AbortSignal | undefined;
}

const ANSWER_MS = 5_000;
/** Questions how invocations go, at once: each has a connection. */
const MOST_READING = 512;

/** The dispatcher behind its HTTP API, over kept connections. */
export class DispatcherClient implements Dispatcher, Disposable {
  readonly #parts: DispatcherClientParts;
  readonly #host: string;
  readonly #pool: ConnectionPool;
  readonly #questions = new QuestionPlaces(MOST_READING);

  constructor(parts: DispatcherClientParts) {
    this.#parts = parts;
    const { host, hostname, port } = new URL(parts.url);
    this.#host = host;
    // Without the brackets of an IPv6 address.
    this.#pool = new ConnectionPool(hostname.replace(/^\[(.*)\]$/, '$1'), port === '' ? 80 : Number(port));
  }

  async keep(body: readonly Uint8Array[]): Promise<{ bytes: Buffer } | { refused: string }> {
    const asked = { method: 'POST', path: ENTRIES_PATH, body } as const;
    const { status, bytes } = await this.#ask(asked, { withinMs: ANSWER_MS });
    return status === 200 ? { bytes } : { refused: refusalIn(status, bytes) };
  }

  async invocation({ id, uid, namespace, waitSeconds }: Question, signal: AbortSignal): Promise<Buffer | undefined> {
    using place = this.#questions.take({ uid, namespace });
    if (place === undefined) throw new Error('too much is asked of it at once');
    const path = `${INVOCATIONS_PATH}${id}?uid=${encodeURIComponent(uid)}&wait=${waitSeconds}`;
    const withinMs = ANSWER_MS + waitSeconds * 1000;
    const { status, bytes } = await this.#ask({ method: 'GET', path, body: [] }, { withinMs, signal });
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(refusalIn(status, bytes));
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#pool.close();
  }

  /** Once more where the connection was lost, at once and on a new one: a kept one may have been closed by the other side meanwhile, and each call has the same effect twice as once. */
  async #ask(asked: Omit<DispatcherRequest, 'headers'>, patience: Patience): Promise<DispatcherAnswer> {
    const { token } = this.#parts;
    const headers = ['host', this.#host, 'authorization', `Bearer ${await token.read()}`];
    const request = { ...asked, headers };
    const answer = await this.#askOnce(request, patience, false).catch((error: unknown) => {
      if (!(error instanceof ConnectionLost) || patience.signal?.aborted) throw error;
      return this.#askOnce(request, patience, true);
    });
    if (answer.status === 401) token.forget();
    return answer;
  }

  async #askOnce(request: DispatcherRequest, patience: Patience, onFresh: boolean): Promise<DispatcherAnswer> {
    const { withinMs, signal } = patience;
    // The token may have been read meanwhile: of an abort before now no event comes any more.
    signal?.throwIfAborted();
    const call = new DispatcherCall();
    const late = () => call.giveUp(new Error(`it did not answer within ${withinMs / 1000} s`));
    const cancel = this.#parts.clock.after(withinMs, late);
    const onAbort = () => call.giveUp(new Error('it is not waited for any more'));
    signal?.addEventListener('abort', onAbort);
    try {
      call.send(this.#pool, request, onFresh);
      return await call.answer;
    } finally {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
