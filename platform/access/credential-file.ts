import { readFile } from 'node:fs/promises';

/** A token or certificate in a file that someone else replaces now and then. */
export class CredentialFile {
  readonly #path: string;
  readonly #maxAgeMs: number;
  #content: string | undefined;
  #readAtMs = 0;

  /** @param maxAgeMs how long the content is used without another look; kubelet replaces a token long before it ends. */
  constructor(path: string, maxAgeMs = 30_000) {
    this.#path = path;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Without white space around it. When the file cannot be read again, what it held before is still used. */
  async read(): Promise<string> {
    const nowMs = performance.now();
    if (this.#content !== undefined && nowMs - this.#readAtMs < this.#maxAgeMs) return this.#content;
    try {
      this.#content = (await readFile(this.#path, 'utf8')).trim();
      this.#readAtMs = nowMs;
    } catch (cause) {
      if (this.#content === undefined) throw new Error(`cannot read credentials from ${this.#path}`, { cause });
    }
    return this.#content;
  }

  /** The next read looks at the file. */
  forget(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }
}
