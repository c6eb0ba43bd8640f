/** How much of something the process holds for all functions, and for one of them. */
export interface Held {
  /** For all together. */
  all: number;
  /** For the function that asks for more. */
  mine: number;
  /** Functions that it holds anything for, this one included. */
  functions: number;
}

/** Hard limit, as a multiple of the soft one; above it even functions under their fair share are rejected: the shares of many
 * add up to more than the whole. */
const NEVER_BEYOND = 2;

/**
 * Fair sharing. Below the bound any function may hold `more`; above it only one that holds less than an equal part of the
 * bound, so that a flood to one function leaves room for the others.
 */
export function mayHold({ all, mine, functions }: Held, more: number, bound: number): boolean {
  if (all + more <= bound) return true;
  return all + more <= bound * NEVER_BEYOND && mine + more <= bound / functions;
}

export interface BudgetBounds {
  /** Requests in flight or waiting. */
  requests: number;
  /** Bytes of bodies: of requests that wait or that may have to be sent once more, of answers that are not read. */
  bytes: number;
}

/** A request that waits or is under way costs about so much, without its body. */
const REQUEST_BYTES = 24 * 1024;
const MOST_REQUESTS = 10_000;
const MOST_BYTES = 256 * 1024 * 1024;

/** Bounds that leave half of the memory free. @param memoryBytes that the process may have; a huge number: not limited. */
export function budgetBounds(memoryBytes: number): BudgetBounds {
  const part = memoryBytes > 0 ? memoryBytes / 4 : Number.POSITIVE_INFINITY;
  return { requests: Math.min(Math.floor(part / REQUEST_BYTES), MOST_REQUESTS), bytes: Math.min(part, MOST_BYTES) };
}

/** What one process holds for all functions together. */
export class ProcessBudget {
  readonly bounds: BudgetBounds;
  requests = 0;
  bytes = 0;
  /** Functions with requests. */
  functions = 0;

  constructor(bounds: BudgetBounds) {
    this.bounds = bounds;
  }
}

/** What the process holds for one function. Each `opened` needs a `closed`, all that is `kept` is to be let go. */
export class FunctionBudget {
  readonly #process: ProcessBudget;
  #requests = 0;
  #bytes = 0;

  constructor(process: ProcessBudget) {
    this.#process = process;
  }

  mayOpen(): boolean {
    const { requests: all, bounds } = this.#process;
    return mayHold({ all, mine: this.#requests, functions: this.#functions() }, 1, bounds.requests);
  }

  mayKeep(bytes: number): boolean {
    const { bytes: all, bounds } = this.#process;
    return mayHold({ all, mine: this.#bytes, functions: this.#functions() }, bytes, bounds.bytes);
  }

  /** More than half of the bytes are in use: callers should make do with smaller buffers. */
  get scarce(): boolean {
    return this.#process.bytes > this.#process.bounds.bytes / 2;
  }

  opened(): void {
    if (this.#requests === 0) this.#process.functions += 1;
    this.#requests += 1;
    this.#process.requests += 1;
  }

  closed(): void {
    this.#requests -= 1;
    this.#process.requests -= 1;
    if (this.#requests === 0) this.#process.functions -= 1;
  }

  /** @param bytes negative: they are let go. */
  kept(bytes: number): void {
    this.#bytes += bytes;
    this.#process.bytes += bytes;
  }

  #functions(): number {
    return this.#process.functions + (this.#requests === 0 ? 1 : 0);
  }
}
