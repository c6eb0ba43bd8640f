/** How V8 weighs memory against speed. */
import { setFlagsFromString } from 'node:v8';

let isLean = false;

/**
 * While it is on, V8 lets the heap grow less between two collections, and some seconds after a burst of work an incremental
 * collection gives back what the burst left behind. Left alone, V8 does that only in a process that hardly allocates: one
 * that has read thousands of objects keeps twice their memory for good. It costs processor time under load.
 */
export function keepHeapLean(on: boolean): void {
  if (on === isLean) return;
  isLean = on;
  setFlagsFromString(on ? '--optimize-for-size' : '--no-optimize-for-size');
}

/**
 * From now on V8 compiles hot code with its quick compilers alone. The optimizing one takes megabytes for each large
 * function, which malloc keeps; for a process that mostly waits for others, its code does not pay for them.
 */
export function compileLightly(): void {
  setFlagsFromString('--no-turbofan');
}

/** Keeps the heap lean while there is nothing to do. */
export class LeanWhileIdle {
  readonly #set: (on: boolean) => void;
  #wasBusy = false;

  /** Idle from the start. */
  constructor(set: (on: boolean) => void = keepHeapLean) {
    this.#set = set;
    set(true);
  }

  /** There is work: speed counts from now on. Called for each piece of work. */
  busy(): void {
    if (this.#wasBusy) return;
    this.#wasBusy = true;
    this.#set(false);
  }

  /** To be called now and then: idle is what had no work since the last call. */
  look(): void {
    if (!this.#wasBusy) this.#set(true);
    this.#wasBusy = false;
  }
}
