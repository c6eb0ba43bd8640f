/** What a container goes through while there is no image for it. */
import { pause } from '#platform/time/deadline.ts';
import { afterExit, type Backoff } from './backoff.ts';
import type { ImageLookup } from './images.ts';

interface PullListener {
  waiting(reason: string, message: string): void;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** A name that is wrong, or an image that may not be pulled, is looked at again after this long. */
const RETRY_MS = 10_000;
/** How long the failure itself is shown before the waiting for the next try. */
const SHOW_FAILURE_MS = 1_000;

export class ImagePull {
  readonly #image: string;
  readonly #listener: PullListener;
  #backoff: Backoff | undefined;

  constructor(image: string, listener: PullListener) {
    this.#image = image;
    this.#listener = listener;
  }

  succeeded(): void {
    this.#backoff = undefined;
  }

  /** Says why, and resolves when it is time for the next try or `signal` aborts. */
  async failed({ reason, message }: Extract<ImageLookup, { reason: string }>, signal: AbortSignal): Promise<void> {
    const { event, waiting } = this.#listener;
    if (reason !== 'ErrImagePull') {
      event('Warning', reason === 'InvalidImageName' ? 'InspectFailed' : 'ErrImageNeverPull', message);
      event('Warning', 'Failed', `Error: ${reason}`);
      waiting(reason, message);
      return await pause(RETRY_MS, signal);
    }
    event('Normal', 'Pulling', `Pulling image "${this.#image}"`);
    event('Warning', 'Failed', `Failed to pull image "${this.#image}": ${message}`);
    event('Warning', 'Failed', 'Error: ErrImagePull');
    waiting('ErrImagePull', message);
    const waitMs = this.#nextWaitMs();
    await pause(SHOW_FAILURE_MS, signal);
    if (signal.aborted) return;
    event('Normal', 'BackOff', `Back-off pulling image "${this.#image}"`);
    event('Warning', 'Failed', 'Error: ImagePullBackOff');
    waiting('ImagePullBackOff', `Back-off pulling image "${this.#image}": ErrImagePull: ${message}`);
    await pause(waitMs - SHOW_FAILURE_MS, signal);
  }

  /** Unlike a container's restart, already the second try has to wait. */
  #nextWaitMs(): number {
    const nowMs = Date.now();
    const first = this.#backoff === undefined ? afterExit(undefined, nowMs).next : this.#backoff;
    const { waitMs, next } = afterExit(first, nowMs);
    this.#backoff = next;
    return waitMs;
  }
}
