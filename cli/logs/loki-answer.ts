/** What Loki answers, checked: an address that was mistyped answers something else. Pure. */
import * as z from 'zod';

const Stream = z.object({
  stream: z.record(z.string(), z.string()),
  /** Nanoseconds since the epoch, the line, and perhaps more. */
  values: z.array(z.tuple([z.string().regex(/^\d{1,19}$/), z.string()], z.unknown())),
});
/** One stream of an answer: its labels, and its lines with their times. */
export type Stream = z.infer<typeof Stream>;

const Range = z.object({ data: z.object({ resultType: z.literal('streams'), result: z.array(Stream) }) });
const Tail = z.object({ streams: z.array(Stream).nullish(), dropped_entries: z.array(z.unknown()).nullish() });

/** Of `query_range`; undefined: it has no streams of lines. */
export function rangeStreams(text: string): Stream[] | undefined {
  return Range.safeParse(jsonOf(text)).data?.data.result;
}

/** Of a message of `tail`, with the number of lines that were dropped; nothing of what is no such message. */
export function tailStreams(text: string): { streams: Stream[]; dropped: number } {
  const { streams, dropped_entries: dropped } = Tail.safeParse(jsonOf(text)).data ?? {};
  return { streams: streams ?? [], dropped: dropped?.length ?? 0 };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
