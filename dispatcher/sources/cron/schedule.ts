import { Cron } from 'croner';

/** When something is due, in one time zone. Times are milliseconds since 1970. */
export interface Schedule {
  /** The first time after that; undefined: there is none any more. */
  next(afterMs: number): number | undefined;
  /** The last times up to and with `untilMs` that come after `afterMs`, in their order; at most `most`, those before are left out. */
  last(afterMs: number, untilMs: number, most: number): number[];
}

const FIELDS = ['minute', 'hour', 'day of the month', 'month', 'day of the week'] as const;
const SECONDS = ['second', ...FIELDS] as const;
const RANGES: Readonly<Record<string, string>> = {
  second: '0 to 59',
  minute: '0 to 59',
  hour: '0 to 23',
  'day of the month': '1 to 31',
  month: '1 to 12 or JAN to DEC',
  'day of the week': '0 to 7 (0 and 7 are Sunday) or SUN to SAT',
};
/** Each by what stands for it. */
const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/** The expression in its time zone, or what is wrong with it, in a sentence that says where. */
export function readSchedule(text: string, timeZone: string): Schedule | { fault: string } {
  const fields = MACROS.get(text.trim().toLowerCase()) ?? text;
  const fault = faultOfFields(fields) ?? faultOfZone(timeZone);
  if (fault !== undefined) return { fault };
  return scheduleOf(new Cron(fields, { timezone: timeZone, paused: true, mode: '5-or-6-parts' }));
}

function scheduleOf(cron: Cron): Schedule {
  const next = (afterMs: number) => cron.nextRun(new Date(afterMs))?.getTime();
  return {
    next,
    last(afterMs, untilMs, most) {
      const first = next(afterMs);
      if (first === undefined || first > untilMs) return [];
      // A time itself is not among those before it, and one of the second that is added may be.
      const times = cron.previousRuns(most + 1, new Date(untilMs + 1_000)).map((time) => time.getTime());
      const those = times.filter((ms) => ms > afterMs && ms <= untilMs);
      return those.slice(0, most).reverse();
    },
  };
}

/** Where a field stands: its number of character, from 1. */
interface Field {
  text: string;
  at: number;
}

function faultOfFields(text: string): string | undefined {
  const macro = /^\s*@\S*/.exec(text)?.[0].trim();
  if (macro !== undefined) return `at character 1: ${macro} is none of ${[...MACROS.keys()].join(', ')}`;
  const fields = Array.from(text.matchAll(/\S+/g), ({ 0: one, index }): Field => ({ text: one, at: index + 1 }));
  if (fields.length !== 5 && fields.length !== 6)
    return `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}: give five (${FIELDS.join(', ')}), or six, with seconds in front`;
  const names = fields.length === 6 ? SECONDS : FIELDS;
  for (const [index, field] of fields.entries()) {
    const fault = faultOfField(fields, index, names[index] ?? '');
    if (fault !== undefined) return `at character ${field.at + fault.offset}: ${fault.why}`;
  }
  return undefined;
}

/** The field is tried with all others open, and where it is wrong, each of its parts: so the place is told without knowing the grammar twice. */
function faultOfField(
  fields: readonly Field[],
  index: number,
  name: string,
): { offset: number; why: string } | undefined {
  const isRead = (part: string) => {
    try {
      const open = fields.map((_, at) => (at === index ? part : '*'));
      // Not looked for here: a day that never comes is no mistake of a field.
      new Cron(open.join(' '), { paused: true, mode: '5-or-6-parts' });
      return true;
    } catch {
      return false;
    }
  };
  const { text } = fields[index] as Field;
  if (isRead(text)) return undefined;
  let offset = 0;
  for (const part of text.split(',')) {
    if (!isRead(part)) return { offset, why: whyOf(part, name) };
    offset += part.length + 1;
  }
  return { offset: 0, why: whyOf(text, name) };
}

function whyOf(part: string, name: string): string {
  const shown = part.length > 40 ? `${part.slice(0, 39)}…` : part;
  if (part === '') return `a ${name} is missing`;
  const range = RANGES[name] ?? '';
  if (/^\d+$/.test(part)) return `${shown} is no ${name}; it is ${range}`;
  return `${JSON.stringify(shown)} cannot be read as ${name}: ${range}, a list (1,2), a range (1-5) or a step (*/5)`;
}

/** Zones without a name of their own, and offsets, are none: what they are depends on where this runs. */
function faultOfZone(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    if (/^[A-Za-z]/.test(timeZone)) return undefined;
  } catch {
    // Told below.
  }
  return `${JSON.stringify(timeZone)} is no time zone of the IANA database, such as Europe/Berlin or UTC`;
}
