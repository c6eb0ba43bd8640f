import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { ENTRIES_PATH, INVOCATIONS_PATH } from '#api/invocations.ts';
import type { Clock } from '#platform/time/clock.ts';
import { guarded } from '../errors/guarded-entries.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface DispatcherClientParts {
  /** Base URL, without a path. */
  url: string;
  /** Proves which process this is. */
  token: { read(): Promise<string>; forget(): void };
  clock: Clock;
}

interface Call {
  method: 'GET' | 'POST';
  path: string;
  frames: readonly Uint8Array[];
  withinMs: number;
  signal?: AbortSignal | undefined;
}

interface Answer {
  status: number;
  bytes: Buffer;
}

const ANSWER_MS = 5_000;
/** Of an answer: the largest is what a function has answered, 1 MiB, with its head. */
const MOST_BYTES = 2 * 1024 * 1024;
/** Frames that together are no larger are copied into one piece: writing each costs more. */
const ONE_PIECE_BYTES = 256 * 1024;
/** For those who ask how an invocation goes; what is more waits for its turn. */
const MOST_READING = 256;
/** Shorter than any server keeps a connection. */
const IDLE_MS = 4_000;

/** The connection ended before the answer was whole. */
class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** The dispatcher behind its HTTP API, over kept connections. */
export class DispatcherClient implements Dispatcher, Disposable {
  readonly #parts: DispatcherClientParts;
  readonly #address: Pick<RequestOptions, 'host' | 'port'>;
  readonly #writing = new Agent({ keepAlive: true, timeout: IDLE_MS, scheduling: 'lifo' });
  readonly #reading = new Agent({ keepAlive: true, timeout: IDLE_MS, scheduling: 'lifo', maxSockets: MOST_READING });

  constructor(parts: DispatcherClientParts) {
    this.#parts = parts;
    const { hostname, port } = new URL(parts.url);
    // Without the brackets of an IPv6 address.
    this.#address = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 80 : Number(port) };
  }

  async keep(frames: readonly Uint8Array[]): Promise<{ bytes: Buffer } | { refused: string }> {
    const call = { method: 'POST', path: ENTRIES_PATH, frames, withinMs: ANSWER_MS } as const;
    const { status, bytes } = await this.#ask(call, this.#writing);
    return status === 200 ? { bytes } : { refused: `it answered ${status}` };
  }

  async invocation(
    { id, uid, waitSeconds }: { id: string; uid: string; waitSeconds: number },
    signal: AbortSignal,
  ): Promise<Buffer | undefined> {
    const path = `${INVOCATIONS_PATH}${id}?uid=${encodeURIComponent(uid)}&wait=${waitSeconds}`;
    const withinMs = ANSWER_MS + waitSeconds * 1000;
    const { status, bytes } = await this.#ask({ method: 'GET', path, frames: [], withinMs, signal }, this.#reading);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`it answered ${status}`);
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#writing.destroy();
    this.#reading.destroy();
  }

  /** Once more where the connection was lost, at once and on a new one: a kept one may have been closed by the other side meanwhile, and each call has the same effect twice as once. */
  async #ask(call: Call, agent: Agent): Promise<Answer> {
    const { token } = this.#parts;
    const bearer = await token.read();
    const answer = await this.#askOnce(call, bearer, agent).catch((error: unknown) => {
      if (!(error instanceof ConnectionLost) || call.signal?.aborted) throw error;
      return this.#askOnce(call, bearer, false);
    });
    if (answer.status === 401) token.forget();
    return answer;
  }

  #askOnce(call: Call, bearer: string, agent: Agent | false): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { method, path, frames, signal } = call;
    const headers: Record<string, string | number> = { authorization: `Bearer ${bearer}` };
    if (method === 'POST') headers['content-length'] = frames.reduce((sum, { length }) => sum + length, 0);
    const asked = request({ ...this.#address, method, path, headers, agent });
    const cancel = this.#parts.clock.after(call.withinMs, () => {
      reject(new Error(`it did not answer within ${call.withinMs / 1000} s`));
      asked.destroy();
    });
    const onAbort = () => {
      reject(new Error('it is not waited for any more'));
      asked.destroy();
    };
    signal?.addEventListener('abort', onAbort);
    const ignore = () => undefined;
    // Told by `close`, which follows.
    asked.on('error', ignore);
    const onAnswer = guarded('dispatcher answer', (answer: IncomingMessage) => read(answer, resolve, reject), reject);
    asked.on('response', onAnswer);
    const onClose = guarded('dispatcher answer', () => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
      reject(new ConnectionLost('the connection was lost', { cause: asked.errored }));
    });
    asked.on('close', onClose);
    write(asked, frames);
    return promise;
  }
}

function write(
  to: { write(piece: Uint8Array): boolean; end(piece?: Uint8Array): unknown },
  frames: readonly Uint8Array[],
) {
  const bytes = frames.reduce((sum, { length }) => sum + length, 0);
  if (bytes <= ONE_PIECE_BYTES) {
    to.end(bytes === 0 ? undefined : Buffer.concat(frames, bytes));
    return;
  }
  for (const piece of frames) to.write(piece);
  to.end();
}

function read(answer: IncomingMessage, resolve: (answer: Answer) => void, reject: (error: Error) => void): void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const onData = guarded(
    'dispatcher answer',
    (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= MOST_BYTES) pieces.push(piece);
      else answer.destroy(new Error('its answer is too large'));
    },
    reject,
  );
  const onEnd = guarded(
    'dispatcher answer',
    () => resolve({ status: answer.statusCode ?? 0, bytes: Buffer.concat(pieces) }),
    reject,
  );
  answer.on('data', onData);
  answer.on('end', onEnd);
  answer.on('error', reject);
}
