/** What is kept in the store of each Trigger, under `trigger:<uid>`. */
export interface TriggerCursor {
  /** `<namespace>/<name>`, by which what is open of one that is gone is found. */
  trigger: string;
  /** Expression and time zone that `decidedMs` is about. */
  source: string;
  /** All that was due up to then is decided; milliseconds since 1970. */
  decidedMs: number;
  /** Ids of runs that had not ended when it was written. */
  open: readonly string[];
  /** The value of the annotation that was seen last; undefined: none was. */
  asked: string | undefined;
  suspended: boolean;
}

export const CURSOR_PREFIX = 'trigger:';

export function cursorKey(uid: string): string {
  return `${CURSOR_PREFIX}${uid}`;
}

export function uidOfCursor(key: string): string {
  return key.slice(CURSOR_PREFIX.length);
}

/** The ids of ticks without the name of their Trigger, which all have. */
export function writeCursor({ trigger, open, ...rest }: TriggerCursor): string {
  const from = trigger.length + 1;
  return JSON.stringify({ ...rest, trigger, open: open.map((id) => id.slice(from)) });
}

/** Undefined for what no version of this program has written. */
export function readCursor(text: string): TriggerCursor | undefined {
  try {
    const { trigger, source, decidedMs, open, asked, suspended } = JSON.parse(text) as Partial<TriggerCursor>;
    if (typeof trigger !== 'string' || typeof source !== 'string' || !Number.isSafeInteger(decidedMs)) return undefined;
    const ids = Array.isArray(open) ? open.filter((one) => typeof one === 'string') : [];
    return {
      ...{ trigger, source, decidedMs: decidedMs as number, suspended: suspended === true },
      open: ids.map((id) => `${trigger}@${id}`),
      asked: typeof asked === 'string' ? asked : undefined,
    };
  } catch {
    return undefined;
  }
}
