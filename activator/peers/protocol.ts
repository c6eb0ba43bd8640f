/** Where an activator takes its peers' hints, on its operational port. */
export const HINTS_PATH = '/peers/hints';
/** How often each side shows that it is there, in milliseconds: the sender by an empty line, which the receiver answers with one. */
export const BEAT_MS = 15_000;
/** After so long without anything the other side is taken for gone, in milliseconds. */
export const SILENCE_MS = 40_000;
