/** Tokens whose signature was found good, so that the next request with one costs a digest. Bounded over all functions. */
import { hash } from 'node:crypto';
import type { VerificationKey } from '#platform/access/jwt.ts';
import type { Admission } from './way-in.ts';

/** What was found out of a token. */
export interface Verified {
  readonly admission: Admission;
  readonly kid: string;
  /** By which it was checked: it is good for as long as its set has that. */
  readonly key: VerificationKey;
  /** Milliseconds since 1970 from when on it has to be checked anew. */
  readonly untilMs: number;
  /** Of the token; what is kept of it is some times as large. */
  readonly characters: number;
}

/** Of all tokens; ten thousand of usual size. */
const CHARACTERS_MAX = 8_000_000;

/** The tokens of all functions; one that brings very many loses its own. */
export class VerifiedTokens {
  readonly #owners = new Set<OwnTokens>();
  readonly #most: number;
  #characters = 0;

  /** @param most characters of all tokens */
  constructor(most = CHARACTERS_MAX) {
    this.#most = most;
  }

  get characters(): number {
    return this.#characters;
  }

  /** Of one way in of one function; `clear` when it is gone. */
  own(): OwnTokens {
    return new OwnTokens({
      grew: (owner, by) => {
        this.#owners.add(owner);
        this.#characters += by;
        if (this.#characters > this.#most) this.#largest(owner).dropHalf();
      },
      shrank: (owner, by) => {
        this.#characters -= by;
        if (owner.characters === 0) this.#owners.delete(owner);
      },
    });
  }

  /** Looks at all, and then there is room for as many as half of what the largest had. */
  #largest(first: OwnTokens): OwnTokens {
    let largest = first;
    for (const owner of this.#owners) if (owner.characters > largest.characters) largest = owner;
    return largest;
  }
}

interface Told {
  grew(owner: OwnTokens, by: number): void;
  shrank(owner: OwnTokens, by: number): void;
}

/** By digest, the oldest first; no token itself is kept. */
export class OwnTokens {
  readonly #byDigest = new Map<string, Verified>();
  readonly #told: Told;
  #characters = 0;

  constructor(told: Told) {
    this.#told = told;
  }

  get characters(): number {
    return this.#characters;
  }

  find(digest: string): Verified | undefined {
    return this.#byDigest.get(digest);
  }

  put(digest: string, verified: Verified): void {
    this.remove(digest);
    this.#byDigest.set(digest, verified);
    this.#characters += verified.characters;
    this.#told.grew(this, verified.characters);
  }

  remove(digest: string): void {
    const characters = this.#byDigest.get(digest)?.characters;
    if (characters === undefined) return;
    this.#byDigest.delete(digest);
    this.#characters -= characters;
    this.#told.shrank(this, characters);
  }

  dropHalf(): void {
    for (const digest of this.#byDigest
      .keys()
      .take(Math.ceil(this.#byDigest.size / 2))
      .toArray())
      this.remove(digest);
  }

  clear(): void {
    for (const digest of [...this.#byDigest.keys()]) this.remove(digest);
  }
}

export function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
