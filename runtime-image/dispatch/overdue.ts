import type { JsonLog } from '../telemetry/log.ts';
import type { Places } from './concurrency-limit.ts';

export interface OverdueDeps {
  places: Places;
  log: JsonLog;
  /** Every place is held by a handler that does not end. */
  onStuck(): void;
}

/** A handler that does not settle in time is counted as overdue until it does. @param afterMs undefined: it may take any time. */
export function watchOverdue(
  running: Promise<void>,
  afterMs: number | undefined,
  { places, log, onStuck }: OverdueDeps,
): void {
  if (afterMs === undefined) return;
  let isOverdue = false;
  const timer = setTimeout(() => {
    isOverdue = true;
    log.line('warn', 'handler still runs long after its request was stopped', { afterMs });
    places.markOverdue();
    if (places.stuck) onStuck();
  }, afterMs).unref();
  void running.then(() => {
    clearTimeout(timer);
    if (isOverdue) places.unmarkOverdue();
  });
}
