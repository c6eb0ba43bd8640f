import { open } from 'node:fs/promises';
import type { FunctionLog, Position } from './function-log.ts';
import { type PlacedLine, SegmentParser } from './segment.ts';

/** Read at once: bounds what a reader holds. */
const CHUNK_BYTES = 64 * 1024;

/** A line with the place after it, from where reading can go on. */
export interface ReadLine extends PlacedLine {
  after: Position;
}

/** Reads a function's log from some place on, as fast as its caller asks; it holds nothing but its place. */
export class LogReader {
  readonly #log: FunctionLog;
  #segment: number;
  /** Lines up to here are left out. */
  #from: number;
  #parser = new SegmentParser();
  #lost = false;

  /** @param from default: the oldest line */
  constructor(log: FunctionLog, from?: Position) {
    this.#log = log;
    // A place that there is none of yet was in a log that is gone.
    const known = from !== undefined && from.segment <= log.end.segment ? from : undefined;
    this.#segment = known?.segment ?? log.oldestSegment;
    this.#from = known?.offset ?? 0;
  }

  /** Whether lines were dropped before they were read, since this was last asked. */
  takeLost(): boolean {
    const lost = this.#lost;
    this.#lost = false;
    return lost;
  }

  /** The next lines; none: it is at the end for now. */
  async next(): Promise<ReadLine[]> {
    for (;;) {
      if (this.#segment < this.#log.oldestSegment) this.#jump();
      const bytes = await readChunk(this.#log.pathOf(this.#segment), this.#parser.offset);
      if (bytes === undefined && this.#segment < this.#log.oldestSegment) continue;
      const before = this.#parser.offset;
      const segment = this.#segment;
      const lines = this.#parser.push(bytes ?? Buffer.alloc(0)).filter(({ end }) => end > this.#from);
      if (lines.length > 0) return lines.map((line) => ({ ...line, after: { segment, offset: line.end } }));
      if (this.#parser.offset > before) continue;
      const next = this.#log.segmentAfter(this.#segment);
      if (next === undefined) return [];
      this.#begin(next);
    }
  }

  #jump(): void {
    this.#lost = true;
    this.#begin(this.#log.oldestSegment);
  }

  #begin(segment: number): void {
    this.#segment = segment;
    this.#from = 0;
    this.#parser = new SegmentParser();
  }
}

/** Undefined: there is no such file. */
async function readChunk(path: string, offset: number): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, 'r');
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offset);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
