import { readSchedule, type Schedule } from './schedule.ts';

/** Expressions that are kept read: many Triggers have the same. */
const MOST = 500;
/** Answers that are kept of each. */
const MOST_ANSWERS = 4;

/** Reads expressions, and keeps those that were asked for last: a parsed one is large, and takes as long to make as to ask. */
export class Schedules {
  readonly #kept = new Map<string, Schedule | { fault: string }>();

  of(text: string, timeZone: string): Schedule | { fault: string } {
    const key = `${timeZone} ${text}`;
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const schedule = known ?? remembering(readSchedule(text, timeZone));
    this.#kept.set(key, schedule);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST && oldest !== undefined) this.#kept.delete(oldest);
    return schedule;
  }
}

/** Triggers of one expression ask the same one after the other. */
function remembering(schedule: Schedule | { fault: string }): Schedule | { fault: string } {
  if ('fault' in schedule) return schedule;
  const answers = new Map<number, number | undefined>();
  const next = (afterMs: number) => {
    if (answers.has(afterMs)) return answers.get(afterMs);
    const [oldest] = answers.keys();
    if (answers.size >= MOST_ANSWERS && oldest !== undefined) answers.delete(oldest);
    const nextMs = schedule.next(afterMs);
    answers.set(afterMs, nextMs);
    return nextMs;
  };
  const last: Schedule['last'] = (afterMs, untilMs, most) => {
    const first = next(afterMs);
    if (first === undefined || first > untilMs) return [];
    const second = next(first);
    return second === undefined || second > untilMs ? [first] : schedule.last(afterMs, untilMs, most);
  };
  return { next, last };
}
