/** How lines lie in a segment's file. Pure. A text line each: a source once, as a number, then lines that name it. */

/** Which run of which container wrote a line. */
export interface StoredSource {
  pod: string;
  podUid: string;
  revision: string;
  container: string;
  /** 0 for the first run, one more for each restart. */
  run: number;
}

export interface StoredLine {
  source: StoredSource;
  /** `notice`: not of the container, but of the keeper, about lines that are not here. */
  kind: 'line' | 'notice';
  /** RFC 3339 in UTC with nine digits of a second. */
  time: string;
  /** Without a line feed. */
  text: string;
}

/** A line, and the byte after it. */
export interface PlacedLine extends StoredLine {
  end: number;
}

const NEWLINE = 0x0a;
const TIME_LENGTH = '2026-01-01T00:00:00.000000000Z'.length;
const KINDS = { L: 'line', N: 'notice' } as const;

export function sourceKey({ podUid, container, run }: Pick<StoredSource, 'podUid' | 'container' | 'run'>): string {
  return `${podUid}/${container}/${run}`;
}

/** Writes the lines of one segment. */
export class SegmentWriter {
  readonly #numbers = new Map<string, number>();

  /** What has to be added to the file. */
  encode({ source, kind, time, text }: StoredLine): string {
    const key = sourceKey(source);
    const known = this.#numbers.get(key);
    const number = known ?? this.#numbers.size;
    const line = `${kind === 'line' ? 'L' : 'N'} ${number} ${time} ${text.replaceAll('\n', ' ')}\n`;
    if (known !== undefined) return line;
    this.#numbers.set(key, number);
    return `S ${number} ${JSON.stringify(source)}\n${line}`;
  }
}

/** Reads a segment from its beginning, in pieces as they come. A line that is torn, or is none, is left out. */
export class SegmentParser {
  readonly #sources = new Map<string, StoredSource>();
  #offset = 0;

  /** Up to where it was read: a line's end. */
  get offset(): number {
    return this.#offset;
  }

  /** @param bytes of the file, from `offset` on; what follows the last line's end has to be given again */
  push(bytes: Buffer): PlacedLine[] {
    const lines: PlacedLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const line = this.#parse(bytes.toString('utf8', start, end));
      this.#offset += end + 1 - start;
      start = end + 1;
      if (line !== undefined) lines.push({ ...line, end: this.#offset });
    }
    return lines;
  }

  #parse(text: string): StoredLine | undefined {
    const [kind = '', number = ''] = text.split(' ', 2);
    const rest = text.slice(kind.length + number.length + 2);
    if (kind === 'S') {
      const source = parseSource(rest);
      if (source !== undefined) this.#sources.set(number, source);
      return undefined;
    }
    const source = this.#sources.get(number);
    if (source === undefined || !(kind === 'L' || kind === 'N') || rest.length < TIME_LENGTH) return undefined;
    return { source, kind: KINDS[kind], time: rest.slice(0, TIME_LENGTH), text: rest.slice(TIME_LENGTH + 1) };
  }
}

function parseSource(text: string): StoredSource | undefined {
  try {
    return JSON.parse(text) as StoredSource;
  } catch {
    return undefined; // torn
  }
}
