import { PORT } from '#api/names.ts';
import type { RevisionView } from './revision-view.ts';
import type { Trial } from './trial.ts';

/**
 * What to add to the sentence that a revision is starting or being tried; empty: nothing is known. A program that listens
 * at another port than `$PORT` runs on and on and never becomes ready: no other sign tells of it.
 * Of an image the program is the user's own; of source the runtime listens as soon as the module is loaded.
 */
export function whatItWaitsFor(latest: RevisionView | undefined, { image }: { image?: unknown }): string {
  if (latest === undefined || latest.silentPods === 0 || latest.answered) return '';
  return image !== undefined
    ? `: its container runs, and nothing answers at port ${PORT.http.number} yet; the program has to listen on $PORT, at all addresses`
    : ': its container runs, and the module or its init is not done yet';
}

/** @param waitsFor as whatItWaitsFor says. */
export function beingTried({ revision, startedAt, answeredAt }: Trial, waitsFor: string): string {
  if (answeredAt !== undefined) return `${revision} answered; the gateways are about to send requests to it`;
  return startedAt === undefined
    ? `${revision} waits for its turn to be tried`
    : `${revision} is being tried${waitsFor}`;
}
