import { setTimeout as pause } from 'node:timers/promises';
import type { Manifest } from './manifest.ts';
import type { World } from './world.ts';

/** From one change to the next, in milliseconds. */
const EVERY_MS = 200;
/** Between two requests, in milliseconds. */
const ASKED_EVERY_MS = 5;

/** Applies each, however long it takes to start: the next one comes soon after. */
export async function inQuickTurn(world: World, manifests: readonly Manifest[]): Promise<void> {
  for (const one of manifests) {
    await world.apply(one);
    await pause(EVERY_MS);
  }
}

/** Asks again and again until it is disposed of. */
export class Asking implements AsyncDisposable {
  /** Answers that were not 200. */
  readonly failed: string[] = [];
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;

  constructor(world: World, url: string) {
    this.#run = this.#ask(world, url);
  }

  async #ask(world: World, url: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { status, text } = await world.call(url);
      if (status !== 200) this.failed.push(`${status} ${text}`);
      await pause(ASKED_EVERY_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#run;
  }
}
