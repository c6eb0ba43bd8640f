import type { JsonLog } from '../telemetry/log.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';

interface OverdueDeps {
  limit: ConcurrencyLimit;
  log: JsonLog;
  /** Every place is held by a handler that does not end. */
  onStuck(): void;
}

/**
 * Watchdog: a handler that does not settle in time after its call was stopped counts as overdue until it does.
 * @param afterMs undefined: it may take any time.
 */
export function watchOverdue(
  running: Promise<void>,
  afterMs: number | undefined,
  { limit, log, onStuck }: OverdueDeps,
): void {
  if (afterMs === undefined) return;
  let isOverdue = false;
  const timer = setTimeout(() => {
    isOverdue = true;
    log.line('warn', 'handler still runs long after its request was stopped', { afterMs });
    limit.markOverdue();
    if (limit.stuck) onStuck();
  }, afterMs).unref();
  void running.then(() => {
    clearTimeout(timer);
    if (isOverdue) limit.unmarkOverdue();
  });
}
