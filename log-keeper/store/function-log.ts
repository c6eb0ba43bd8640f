import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { SegmentParser, SegmentWriter, type StoredLine } from './segment.ts';

/** A place between two lines. */
export interface Position {
  /** Number of the segment. */
  segment: number;
  /** Bytes before it. */
  offset: number;
}

interface Segment {
  number: number;
  bytes: number;
  /** When something was last added, in milliseconds since the epoch. */
  newestMs: number;
}

/** Of the bytes of a function: so many segments it has, of which the oldest goes as a new one begins. */
const SEGMENTS = 8;
/** A file takes whole ones of a disk, and its folder one. */
const BLOCK_BYTES = 4_096;
const NEWLINE = 0x0a;
const NAME = /^(\d{10})\.log$/;

/**
 * The last lines of one function: a ring of segments, each a file. What is added waits for `flush`, so that many lines are
 * one write. A segment that a crash left torn is cut to its last whole line.
 */
export class FunctionLog {
  readonly #folder: string;
  readonly #maxBytes: number;
  #segments: Segment[];
  #writer: SegmentWriter | undefined;
  #pending = '';
  /** Of the newest segment there ever was: a number is never used again. */
  #lastNumber: number;

  /** @param maxBytes of all its segments */
  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#segments = list(folder)
      .filter((name) => NAME.test(name))
      .sort()
      .map((name) => load(folder, name));
    this.#lastNumber = this.#segments.at(-1)?.number ?? 0;
  }

  /** On disk, by whole blocks. */
  get bytes(): number {
    const blocks = this.#segments.reduce((sum, { bytes }) => sum + Math.max(1, Math.ceil(bytes / BLOCK_BYTES)), 0);
    return blocks === 0 ? 0 : (blocks + 1) * BLOCK_BYTES;
  }

  get #size(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + Math.max(bytes, BLOCK_BYTES), 0);
  }

  /** Where the next line will stand; lines that wait for `flush` are not counted. */
  get end(): Position {
    const last = this.#segments.at(-1);
    return { segment: last?.number ?? this.#lastNumber + 1, offset: last?.bytes ?? 0 };
  }

  get oldestSegment(): number {
    return this.#segments[0]?.number ?? this.#lastNumber + 1;
  }

  /** Whether lines were dropped to make room. */
  get wasCut(): boolean {
    return this.oldestSegment > 1;
  }

  /** The segment after this one that is there; undefined: none. */
  segmentAfter(number: number): number | undefined {
    return this.#segments.find((segment) => segment.number > number)?.number;
  }

  pathOf(segment: number): string {
    return join(this.#folder, `${String(segment).padStart(10, '0')}.log`);
  }

  add(line: StoredLine, nowMs: number): void {
    this.#writer ??= this.#begin(nowMs);
    this.#pending += this.#writer.encode(line);
  }

  /** Writes what was added. Throws what the file system says; what was added is lost then. */
  flush(nowMs: number): void {
    if (this.#pending === '') return;
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    const segment = this.#segments.at(-1) as Segment;
    segment.newestMs = nowMs;
    try {
      if (segment.bytes === 0) mkdirSync(this.#folder, { recursive: true });
      appendFileSync(this.pathOf(segment.number), bytes);
      segment.bytes += bytes.length;
    } catch (error) {
      this.#leaveTorn(segment);
      throw error;
    }
    if (segment.bytes >= this.#maxBytes / SEGMENTS) this.#writer = undefined;
    while (this.#size > this.#maxBytes && this.#segments.length > 1) this.dropOldest();
  }

  /** Drops its oldest segment, if need be the one that is written to, with what waits for it. */
  dropOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return;
    rmSync(this.pathOf(oldest.number), { force: true });
    if (this.#segments.length > 0) return;
    this.#writer = undefined;
    this.#pending = '';
  }

  /** Drops segments to which nothing was added since. Returns whether any are left. */
  dropBefore(ms: number): boolean {
    while (this.#pending === '' && (this.#segments[0]?.newestMs ?? Number.POSITIVE_INFINITY) < ms) this.dropOldest();
    return this.#segments.length > 0;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    this.#segments = [];
    this.#writer = undefined;
    this.#pending = '';
  }

  /** All its lines, at once: for when a process begins. */
  readAll(): StoredLine[] {
    return this.#segments.flatMap(({ number, bytes }) =>
      bytes === 0 ? [] : new SegmentParser().push(readFileSync(this.pathOf(number))),
    );
  }

  /** Whatever part of the last lines was written stands there; the next ones begin a segment of their own. One with nothing in it takes no room of others. */
  #leaveTorn(segment: Segment): void {
    this.#writer = undefined;
    const path = this.pathOf(segment.number);
    segment.bytes = statSync(path, { throwIfNoEntry: false })?.size ?? segment.bytes;
    if (segment.bytes > 0) return;
    this.#segments.pop();
    rmSync(path, { force: true });
  }

  #begin(nowMs: number): SegmentWriter {
    this.#lastNumber += 1;
    this.#segments.push({ number: this.#lastNumber, bytes: 0, newestMs: nowMs });
    return new SegmentWriter();
  }
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** A new process goes on in a segment of its own; a torn end would be a part of its first line otherwise. */
function load(folder: string, name: string): Segment {
  const path = join(folder, name);
  const { size, mtimeMs } = statSync(path);
  const whole = endsWithLine(path, size) ? size : readFileSync(path).lastIndexOf(NEWLINE) + 1;
  if (whole < size) truncateSync(path, whole);
  return { number: Number(NAME.exec(name)?.[1]), bytes: whole, newestMs: mtimeMs };
}

/** All but a torn segment do: of these one byte is read, for a process begins with all that is kept. */
function endsWithLine(path: string, size: number): boolean {
  const file = openSync(path, 'r');
  try {
    const last = Buffer.alloc(1);
    return readSync(file, last, 0, 1, Math.max(0, size - 1)) === 1 && last[0] === NEWLINE;
  } finally {
    closeSync(file);
  }
}
