/** Requests for later at a constant rate, and what each of them came to. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, GatewayClient } from '../../support/gateway.ts';

/** As a caller is told. */
export interface Told {
  id: string;
  status: string;
  attempts: number;
  expiresAt?: string;
  response?: { status: number; body: string };
}

export interface Accepted {
  /** Of its function. */
  url: string;
  /** Where it is asked for. */
  path: string;
  id: string;
  /** Once it was seen that it has ended. */
  ended?: Told;
}

const ENDED: readonly string[] = ['done', 'buried', 'cancelled'];
/** A connection that was refused or cut, as by a gateway that was killed. */
const CUT: readonly (string | undefined)[] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];
/** More than a gateway takes to find that the dispatcher does not answer, twice. */
const ANSWER_MS = 20_000;
/** Longer than what was killed several times is kept from starting again. */
const END_MS = 240_000;
/** One of so many is followed from the beginning. */
const FOLLOWED = 10;
const ASKED_AT_ONCE = 32;

export class AsyncLoad {
  readonly accepted: Accepted[] = [];
  /** Statuses with their errors, and of connections what went wrong, by how often they came. */
  readonly answers = new Map<string, number>();
  /** What no client should have had. */
  readonly faults: string[] = [];
  readonly #gateway: GatewayClient;
  readonly #urls: readonly string[];
  readonly #open = new Set<Promise<void>>();

  constructor(gateway: GatewayClient, urls: readonly string[]) {
    this.#gateway = gateway;
    this.#urls = urls;
  }

  /** Sends to one function after the other, whatever becomes of those before. Resolves once all are answered. */
  async send({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<void> {
    const startedAtMs = performance.now();
    let sent = 0;
    for (;;) {
      const forSeconds = (performance.now() - startedAtMs) / 1_000;
      if (forSeconds >= seconds) break;
      for (const due = forSeconds * perSecond; sent < due; sent += 1) this.#keep(this.#one(sent));
      await sleep(5);
    }
    await Promise.all(this.#open);
  }

  /** How each of those that were accepted has ended; waits for it. */
  async ends(): Promise<Told[]> {
    const told: Told[] = [];
    let next = 0;
    const ask = async () => {
      while (next < this.accepted.length) {
        const at = next++;
        told[at] = await this.#end(this.accepted[at] as Accepted);
      }
    };
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask));
    return told;
  }

  #keep(one: Promise<void>): void {
    const kept = one.finally(() => this.#open.delete(kept));
    this.#open.add(kept);
  }

  async #one(number: number): Promise<void> {
    const url = this.#urls[number % this.#urls.length] as string;
    const answer = await this.#call(url, { method: 'POST', headers: { prefer: 'respond-async' }, body: `${number}` });
    if (answer === undefined) return;
    const code = String(answer.headers['x-catnap-error'] ?? '');
    this.#count(`${answer.status} ${code}`.trim());
    if (answer.status !== 202) {
      if (answer.status !== 503) this.faults.push(`${answer.status} ${answer.text}`);
      return;
    }
    const one = { url, path: String(answer.headers.location), id: (JSON.parse(answer.text) as Told).id };
    this.accepted.push(one);
    if (number % FOLLOWED === 0) this.#keep(this.#follow(one));
  }

  /** Notes its end where that is seen. */
  async #follow(one: Accepted): Promise<void> {
    const answer = await this.#call(one.url, { path: one.path, headers: { prefer: 'wait=5' } });
    if (answer?.status === 404) this.faults.push(`${one.path} was accepted, and is not there`);
    if (answer?.status !== 200) return;
    const told = JSON.parse(answer.text) as Told;
    if (ENDED.includes(told.status)) one.ended = told;
  }

  async #end({ url, path }: Accepted): Promise<Told> {
    for (const endsAtMs = performance.now() + END_MS; performance.now() < endsAtMs; ) {
      const answer = await this.#call(url, { path, headers: { prefer: 'wait=10' } });
      if (answer?.status === 404) throw new Error(`${path} was accepted, and is not there`);
      const told = answer?.status === 200 ? (JSON.parse(answer.text) as Told) : undefined;
      if (told !== undefined && ENDED.includes(told.status)) return told;
      if (told === undefined) await sleep(500);
    }
    throw new Error(`${path} did not end`);
  }

  async #call(url: string, options: Parameters<GatewayClient['call']>[1]): Promise<Answer | undefined> {
    try {
      return await this.#gateway.call(url, { ...options, timeoutMs: ANSWER_MS });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#count(`connection: ${code ?? message}`);
      if (!CUT.includes(code)) this.faults.push(`${options?.path ?? 'a request'}: ${code} ${message}`);
      return undefined;
    }
  }

  #count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }
}
