/** Authenticates other activators of this installation on the operational port. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClaimRules } from '#platform/access/jwt.ts';
import type { TokenVerifier, Verdict } from '#platform/access/token-verifier.ts';
import type { Log } from '#platform/process/log.ts';
import type { RefusalReason } from './counts.ts';
import { PeerStream, type StreamParts } from './peer-stream.ts';

export interface ReceiverParts extends StreamParts {
  verifier: Pick<TokenVerifier, 'verify'>;
  /** What a peer's token has to say; rejects when this activator's own cannot be read. */
  rules: () => Promise<ClaimRules>;
  /** A peer has opened a stream. */
  joined: () => void;
  log: Log;
}

const MOST_STREAMS = 64;
/** Tokens that are looked at at once; each may wait for the API server. */
const MOST_CHECKED = 16;
/** Each reason to refuse a peer is logged no more often. */
const LOG_PAUSE_MS = 600_000;

const STATUS: Record<RefusalReason, number> = { no_keys: 503, bad_token: 401, too_many: 503 };

export class PeerReceiver implements Disposable {
  readonly #parts: ReceiverParts;
  /** By the peer's pod: a new stream takes the place of its old one, whose connection may be dead. */
  readonly #streams = new Map<unknown, PeerStream>();
  readonly #loggedAtMs = new Map<RefusalReason, number>();
  #checked = 0;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Takes the request over. Nothing of its body is read before its token was found good. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const token = /^Bearer ([^\s]+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (request.method !== 'POST' || token === undefined) return this.#refuse(response, 'bad_token', 'no token');
    if (this.#checked >= MOST_CHECKED) return this.#refuse(response, 'too_many');
    this.#checked += 1;
    const verdict = await this.#verify(token);
    this.#checked -= 1;
    if (response.destroyed) return;
    if (!('claims' in verdict)) {
      const { fault, detail = '' } = verdict;
      return this.#refuse(response, fault === 'keys' ? 'no_keys' : 'bad_token', `${fault} ${detail}`.trim());
    }
    this.#open(podOf(verdict.claims) ?? response, request, response);
  }

  [Symbol.dispose](): void {
    for (const stream of this.#streams.values()) stream[Symbol.dispose]();
  }

  async #verify(token: string): Promise<Verdict> {
    const { verifier, rules, log } = this.#parts;
    try {
      return await verifier.verify(token, await rules());
    } catch (error) {
      log.debug({ err: error }, 'cannot check the token of a peer');
      return { fault: 'keys', detail: 'the own token cannot be read' };
    }
  }

  #open(peer: unknown, request: IncomingMessage, response: ServerResponse): void {
    this.#streams.get(peer)?.[Symbol.dispose]();
    this.#streams.delete(peer);
    if (this.#streams.size >= MOST_STREAMS) {
      this.#refuse(response, 'too_many');
      return;
    }
    const stream: PeerStream = new PeerStream(request, response, {
      ...this.#parts,
      onClose: () => {
        if (this.#streams.get(peer) === stream) this.#streams.delete(peer);
      },
    });
    this.#streams.set(peer, stream);
    this.#parts.joined();
  }

  /** Closes the connection, for what was sent of the body is not read. */
  #refuse(response: ServerResponse, reason: RefusalReason, detail?: string): void {
    const { counts, clock, log } = this.#parts;
    counts.refusals[reason] += 1;
    const nowMs = clock.nowMs();
    if (nowMs - (this.#loggedAtMs.get(reason) ?? Number.NEGATIVE_INFINITY) >= LOG_PAUSE_MS) {
      this.#loggedAtMs.set(reason, nowMs);
      log.warn({ reason, detail }, 'refused a peer: what it learns of replicas is not known here');
    }
    response.writeHead(STATUS[reason], { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
    response.end(JSON.stringify({ error: reason }));
  }
}

/** The uid of the pod that a token was made for; undefined: it is bound to none. */
function podOf(claims: Readonly<Record<string, unknown>>): unknown {
  const { pod } = (claims['kubernetes.io'] ?? {}) as { pod?: { uid?: unknown } };
  return typeof pod?.uid === 'string' ? pod.uid : undefined;
}
