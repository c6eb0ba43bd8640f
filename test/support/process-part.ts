import type { Supervised } from '../../local/run/supervised.ts';
import type { Part } from './deployed.ts';
import { eventually } from './eventually.ts';

/** A part that is a process of ours: `current` is undefined while it is stopped. */
export function processPart(
  current: () => Supervised | undefined,
  stop: () => Promise<void>,
  start: () => Promise<void> | void,
): Part {
  return {
    async kill() {
      const before = current()?.pid;
      await current()?.kill('SIGKILL');
      await eventually('it was started again', () => current()?.pid !== undefined && current()?.pid !== before);
    },
    stop,
    start: async () => start(),
    pid: () => current()?.pid,
  };
}
