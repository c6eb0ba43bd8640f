/** What became of a compile, from what its process left behind: none of it is trusted. Pure. */

import * as z from 'zod';
import { COMPILE_FAILURES } from '#api/conditions.ts';
import { STORED_MAX_BYTES } from '#api/rules/stored-size.ts';
import { CHUNK_MAX_BYTES, MAP_MAX_BYTES, storedBytes } from './bundle-chunks.ts';
import type { CompiledSource } from './compile-source.ts';
import { SourceError } from './source-error.ts';

/** How its process ended without a result. */
export type Limit = 'cpu' | 'memory' | 'time';
export type Outcome =
  | ({ kind: 'made' } & CompiledSource)
  /** The source is wrong. */
  | { kind: 'refused'; error: SourceError }
  | { kind: 'ended'; by: Limit };

export interface CompileLimits {
  /** Processor time of each of a compile's processes, in seconds. */
  cpuSeconds: number;
  /** Time a compile may take, in seconds. */
  wallSeconds: number;
}

/** What its process left behind. */
export interface Remains {
  /** Exit code, and lines of times, as serve.sh writes them. */
  end: string;
  output: string;
  tookMs: number;
}

/** Longest that is said of a source, in characters. */
const MESSAGE_MAX = 4_096;
/** Most notes of a source that compiled, and the longest, in characters. */
const NOTES_MAX = 32;
const NOTE_MAX = 512;
/** How near a limit counts as having met it, in seconds: clocks of processes have ticks. */
const NEAR_SECONDS = 0.5;

const chunksUpTo = (maxBytes: number) =>
  z
    .array(
      z
        .string()
        .min(1)
        .max(CHUNK_MAX_BYTES)
        .refine((chunk) => !chunk.includes('\0')),
    )
    .refine((chunks) => storedBytes(chunks) <= maxBytes);
const Result = z.union([
  z.strictObject({
    chunks: chunksUpTo(STORED_MAX_BYTES).min(1),
    map: chunksUpTo(MAP_MAX_BYTES).default([]),
    notes: z.array(z.string()).max(NOTES_MAX).default([]),
  }),
  z.strictObject({
    refused: z.strictObject({ reason: z.enum(COMPILE_FAILURES), message: z.string() }),
  }),
]);

/** Output that is not what it has to be counts as none. */
export function outcomeOf({ end, output, tookMs }: Remains, { cpuSeconds, wallSeconds }: CompileLimits): Outcome {
  const [code = '', ...times] = end.split('\n');
  if (code === '0') {
    const result = parsed(output);
    if (result !== undefined && 'chunks' in result) {
      return { kind: 'made', ...result, notes: result.notes.map((note) => note.slice(0, NOTE_MAX)) };
    }
    if (result !== undefined) {
      const { reason, message } = result.refused;
      return { kind: 'refused', error: new SourceError(reason, message.slice(0, MESSAGE_MAX)) };
    }
  }
  if (processorSeconds(times) >= cpuSeconds - NEAR_SECONDS) return { kind: 'ended', by: 'cpu' };
  if (tookMs / 1000 >= wallSeconds - NEAR_SECONDS) return { kind: 'ended', by: 'time' };
  return { kind: 'ended', by: 'memory' };
}

function parsed(output: string): z.infer<typeof Result> | undefined {
  try {
    return Result.safeParse(JSON.parse(output)).data;
  } catch {
    return undefined;
  }
}

/** Of `0m1.25s 0m0.10s`, on each line. */
function processorSeconds(lines: readonly string[]): number {
  const times = lines.flatMap((line) => [...line.matchAll(/(\d+)m(\d+(?:\.\d+)?)s/g)]);
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** The error of a function whose compile ended by a limit for good. */
export function limitError(by: Limit, { cpuSeconds, wallSeconds }: CompileLimits): SourceError {
  const met = {
    cpu: `took more than ${cpuSeconds} s of processor time`,
    memory: 'took more memory than there is for it',
    time: `took longer than ${wallSeconds} s`,
  };
  return new SourceError(
    'CompileFailed',
    `compiling the source ${met[by]}: code that is nested very deeply or repeats itself does that. Make it simpler, or build an image FROM the Catnap runtime image with the code in it and give that as spec.image`,
  );
}
