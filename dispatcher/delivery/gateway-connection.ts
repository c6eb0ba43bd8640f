/** One gateway's port for deliveries, by HTTP over kept connections. */
import { Agent, type RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import { DELIVERIES_PATH, type DeliveryAnswer } from '#api/invocations.ts';
import type { CredentialFile } from '#platform/access/credential-file.ts';
import type { Clock } from '#platform/time/clock.ts';
import { type Exchanged, exchange, type Failed } from './http-exchange.ts';
import type { Parcel } from './parcel.ts';
import { type ListedDelivery, readDeliveryAnswer, readRunning } from './read-answer.ts';

/** What a gateway says to a delivery, or why it says nothing. */
export type Reply =
  | { kind: 'answered'; answer: DeliveryAnswer; body: Uint8Array }
  /** It takes no deliveries, or not from here. */
  | { kind: 'refused'; status: number; retryAfter: string | undefined }
  /** It does not take this one, as it is. */
  | { kind: 'rejected'; status: number }
  /** It knows of no such delivery. */
  | { kind: 'unknown' }
  | Failed;

export interface Ask {
  /** Until the answer begins. */
  withinMs: number;
  /** Of the function's answer. */
  maxAnswerBytes: number;
  signal: AbortSignal;
}

/** Statuses below 500 that say more of the gateway, or of this process, than of what was sent. */
const REFUSALS: readonly number[] = [401, 403, 408, 421, 425, 429];
/** The answer's head as JSON, beside its body. */
const HEAD_BYTES = 256 * 1_024;
const RUNNING_BYTES = 4 * 1_048_576;
const RUNNING_MS = 3_000;
/** From when on the system asks the other side of a silent connection for a sign of life. */
const KEEP_ALIVE_MS = 30_000;
/** As many as are under way at the most: the gateway closes those that stay unused. */
const MOST_FREE = 512;

export class GatewayConnection implements Disposable {
  readonly #to: RequestOptions;
  readonly #agent = new Agent({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxFreeSockets: MOST_FREE });
  readonly #token: CredentialFile | undefined;
  readonly #clock: Clock;
  #isCut = false;

  /** @param token proves to the gateway that this is the dispatcher; undefined: none is sent */
  constructor(url: string, token: CredentialFile | undefined, clock: Clock) {
    const { hostname, port } = urlToHttpOptions(new URL(url));
    this.#to = { hostname, port, path: DELIVERIES_PATH };
    this.#token = token;
    this.#clock = clock;
  }

  /** Never rejects. */
  async post(parcel: Parcel, ask: Ask): Promise<Reply> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': parcel.length };
    return this.#reply(await this.#ask({ method: 'POST', headers }, ask, parcel));
  }

  /** Waits for one that it has already, and gets what its post would have. Never rejects. */
  async attach(id: string, epoch: number, ask: Ask): Promise<Reply> {
    return this.#reply(await this.#ask({ path: `${DELIVERIES_PATH}/${encodeURIComponent(id)}?epoch=${epoch}` }, ask));
  }

  /** What it has under way, or ended and not fetched yet. Rejects where it does not say. */
  async running(signal: AbortSignal): Promise<ListedDelivery[]> {
    const ask = { withinMs: RUNNING_MS, maxAnswerBytes: RUNNING_BYTES, signal };
    const answer = await this.#ask({}, ask);
    if (answer.kind === 'answer' && answer.status === 200) return readRunning(answer.bytes.toString('utf8'));
    if (answer.kind === 'answer' && answer.status === 401) this.#token?.forget();
    throw new Error(`the gateway does not say which deliveries it has: ${textOf(answer)}`);
  }

  /** Nothing is to be asked of it any more. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Cuts all that is asked of it. */
  [Symbol.dispose](): void {
    this.#isCut = true;
    this.#agent.destroy();
  }

  async #ask(options: RequestOptions, ask: Ask, parcel?: Parcel): Promise<Exchanged> {
    let token: string | undefined;
    try {
      token = await this.#token?.read();
    } catch (error) {
      parcel?.drop();
      return { kind: 'unreachable', why: messageOf(error) };
    }
    const headers = { ...options.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const to = { ...this.#to, agent: this.#agent, ...options, headers };
    const { withinMs, maxAnswerBytes, signal } = ask;
    const maxBytes = maxAnswerBytes + HEAD_BYTES;
    return exchange({ to, parcel, withinMs, maxBytes, signal, clock: this.#clock });
  }

  #reply(answer: Exchanged): Reply {
    if (answer.kind !== 'answer') return answer;
    const { status, retryAfter, bytes } = answer;
    if (status === 200) return readReply(bytes);
    if (status === 401) this.#token?.forget();
    if (status === 404) return { kind: 'unknown' };
    if (REFUSALS.includes(status) || status >= 500) return { kind: 'refused', status, retryAfter };
    return status >= 400 ? { kind: 'rejected', status } : { kind: 'garbled', why: `it answered ${status}` };
  }
}

function readReply(bytes: Uint8Array): Reply {
  try {
    return { kind: 'answered', ...readDeliveryAnswer(bytes) };
  } catch (error) {
    return { kind: 'garbled', why: messageOf(error) };
  }
}

function textOf(answer: Exchanged): string {
  if (answer.kind === 'answer') return `it answered ${answer.status}`;
  return 'why' in answer ? answer.why : 'it takes too long';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown error';
}
