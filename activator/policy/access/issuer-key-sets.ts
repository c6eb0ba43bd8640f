/** The key sets of all issuers that functions name: each once for a namespace, and bounded for each and over all. */
import { KeySet } from '#platform/access/key-set.ts';
import type { KeySource } from '#platform/issuers/issuer-keys.ts';
import { Turns } from './turns.ts';

export interface IssuerKeySetsOptions {
  /** Asks an issuer for its keys; bounded in time and size. Rejects with a sentence. */
  load(source: KeySource): Promise<unknown>;
  /** Milliseconds that only grow. */
  nowMs(): number;
  /** There was no answer; each time that one was asked for. */
  failed(namespace: string, issuer: string, why: string): void;
}

/** A set that a function holds. */
export interface HeldKeys {
  readonly keys: KeySet;
  release(): void;
}

/** Of one namespace, and of the process. */
const SETS_MAX = 32;
const ALL_SETS_MAX = 1024;
/** Sets of one namespace that are asked for at once; others wait. */
const ASKED_AT_ONCE = 4;

/** A set is asked for anew each ten minutes while it is used, and for keys that are not known twice at once and each half minute. */
const TIMES = {
  freshMs: 600_000,
  maxAgeMs: 3_600_000,
  /** As long as an issuer may be away before its keys are not believed any more. */
  keptMs: 86_400_000,
  pauseMs: 30_000,
  burst: 3,
  failurePauseMs: 5_000,
};

interface Entry {
  readonly keys: KeySet;
  holders: number;
}

interface NamespaceSets {
  readonly bySource: Map<string, Entry>;
  readonly turns: Turns;
}

export class IssuerKeySets {
  readonly #options: IssuerKeySetsOptions;
  readonly #namespaces = new Map<string, NamespaceSets>();
  #size = 0;

  constructor(options: IssuerKeySetsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** Undefined: there are too many of the namespace, or at all. Nothing is asked for before a key is looked for. */
  hold(namespace: string, source: KeySource): HeldKeys | undefined {
    const sets = this.#setsOf(namespace);
    const id = JSON.stringify([source.issuer, source.jwksUri]);
    const entry = sets.bySource.get(id) ?? this.#make(sets, { namespace, source, id });
    if (entry === undefined) return undefined;
    entry.holders += 1;
    const release = () => {
      entry.holders -= 1;
      if (entry.holders > 0) return;
      sets.bySource.delete(id);
      this.#size -= 1;
      if (sets.bySource.size === 0) this.#namespaces.delete(namespace);
    };
    return { keys: entry.keys, release };
  }

  #setsOf(namespace: string): NamespaceSets {
    return this.#namespaces.get(namespace) ?? { bySource: new Map(), turns: new Turns(ASKED_AT_ONCE) };
  }

  #make(
    sets: NamespaceSets,
    { namespace, source, id }: { namespace: string; source: KeySource; id: string },
  ): Entry | undefined {
    if (sets.bySource.size >= SETS_MAX || this.#size >= ALL_SETS_MAX) return undefined;
    const { load, nowMs, failed } = this.#options;
    const ask = async () => {
      try {
        return await sets.turns.take(() => load(source));
      } catch (error) {
        failed(namespace, source.issuer, error instanceof Error ? error.message : String(error));
        throw error;
      }
    };
    const entry = { keys: new KeySet({ ...TIMES, load: ask, nowMs }), holders: 0 };
    this.#namespaces.set(namespace, sets);
    sets.bySource.set(id, entry);
    this.#size += 1;
    return entry;
  }
}
