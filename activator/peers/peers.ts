import type { IncomingMessage, ServerResponse } from 'node:http';
import { caught } from '../errors/guarded-entries.ts';
import { PeerCounts } from './counts.ts';
import { encodeHint, type Hint, type HintKind, type HintKinds } from './messages.ts';
import { PeerReceiver, type ReceiverParts } from './peer-receiver.ts';
import { PeerSender, type SenderParts } from './peer-sender.ts';

export type PeersParts = Omit<ReceiverParts, 'counts' | 'take' | 'joined'> & Pick<SenderParts, 'token' | 'random'>;

/**
 * The other activators: a stream of hints to each of them, and one from each. Hints may be lost, and a receiver acts only as
 * far as it can check for itself.
 */
export class Peers implements Disposable {
  readonly counts = new PeerCounts();
  readonly #parts: PeersParts;
  readonly #senders = new Map<string, PeerSender>();
  readonly #receiver: PeerReceiver;
  readonly #takers = new Map<HintKind, (hint: never) => boolean>();
  #onOpen: () => void = () => undefined;

  constructor(parts: PeersParts) {
    this.#parts = parts;
    this.#receiver = new PeerReceiver({
      ...parts,
      counts: this.counts,
      take: (hint) => this.#take(hint),
      joined: () => {
        for (const sender of this.#senders.values()) sender.hurry();
      },
    });
  }

  /** Streams that are open, by their direction. */
  get streams(): { out: number; in: number } {
    const open = [...this.#senders.values()].filter(({ isOpen }) => isOpen);
    return { out: open.length, in: this.#receiver.size };
  }

  /** Others that there may be: those that are known of, but where nothing listens any more. */
  get others(): number {
    let others = 0;
    for (const { isGone } of this.#senders.values()) if (!isGone) others += 1;
    return others;
  }

  /** All others that there are now, by the base URLs of their operational ports. */
  setUrls(urls: readonly string[]): void {
    for (const [url, sender] of this.#senders) {
      if (urls.includes(url)) continue;
      sender[Symbol.dispose]();
      this.#senders.delete(url);
    }
    for (const url of urls) {
      if (this.#senders.has(url)) continue;
      const parts = { ...this.#parts, url, counts: this.counts, onOpen: () => this.#onOpen() };
      this.#senders.set(url, new PeerSender(parts));
    }
  }

  /** To all others, as far as they can be reached. */
  send<K extends HintKind>(kind: K, hint: HintKinds[K]): void {
    if (this.#senders.size === 0) return;
    const { subject, line } = encodeHint(kind, hint);
    for (const sender of this.#senders.values()) sender.send(subject, line);
  }

  /** The one taker of a kind's hints; it says whether anything came of one. */
  on<K extends HintKind>(kind: K, take: (hint: HintKinds[K]) => boolean): void {
    this.#takers.set(kind, take as (hint: never) => boolean);
  }

  /** Called when a stream to one of the others was opened. */
  onOpen(run: () => void): void {
    this.#onOpen = run;
  }

  /** Of a request to HINTS_PATH. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#receiver.handle(request, response).catch((error: unknown) => {
      caught('peer stream', error);
      response.destroy();
    });
  }

  [Symbol.dispose](): void {
    this.setUrls([]);
    this.#receiver[Symbol.dispose]();
  }

  #take({ kind, hint }: Hint): boolean {
    return this.#takers.get(kind)?.(hint as never) ?? false;
  }
}
