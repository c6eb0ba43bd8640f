/** Bounded queue of lines for one peer: a newer line replaces an older one about the same subject; beyond the bound the oldest is lost. */
export class Outbox {
  readonly #most: number;
  readonly #lines = new Map<string, string>();

  /** @param most lines that may wait. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#lines.size;
  }

  /** Whether another line was lost by it. */
  add(subject: string, line: string): boolean {
    this.#lines.delete(subject);
    this.#lines.set(subject, line);
    if (this.#lines.size <= this.#most) return false;
    const [oldest = ''] = this.#lines.keys();
    return this.#lines.delete(oldest);
  }

  /** The oldest line; undefined: none waits. */
  take(): string | undefined {
    for (const [subject, line] of this.#lines) {
      this.#lines.delete(subject);
      return line;
    }
    return undefined;
  }

  /** How many were thrown away. */
  clear(): number {
    const { size } = this.#lines;
    this.#lines.clear();
    return size;
  }
}
