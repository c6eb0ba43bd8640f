import { isToken, MalformedMessage } from './header-lines.ts';

type Place = 'after' | 'name start' | 'name' | 'named' | 'value start' | 'value' | 'quoted' | 'escaped' | 'end';
type Kind = 'token' | 'blank' | 'equals' | 'semicolon' | 'quote' | 'backslash' | 'cr' | 'text';

/** Where each kind of byte leads to; what is not here may not stand there (RFC 9112, 7.1.1; blanks by RFC 9110, 5.6.3). */
const NEXT: Readonly<Record<Place, Readonly<Partial<Record<Kind, Place>>>>> = {
  after: { blank: 'after', semicolon: 'name start', cr: 'end' },
  'name start': { blank: 'name start', token: 'name' },
  name: { token: 'name', blank: 'named', equals: 'value start', semicolon: 'name start', cr: 'end' },
  named: { blank: 'named', equals: 'value start', semicolon: 'name start', cr: 'end' },
  'value start': { blank: 'value start', token: 'value', quote: 'quoted' },
  value: { token: 'value', blank: 'after', semicolon: 'name start', cr: 'end' },
  quoted: {
    token: 'quoted',
    blank: 'quoted',
    equals: 'quoted',
    semicolon: 'quoted',
    text: 'quoted',
    quote: 'after',
    backslash: 'escaped',
  },
  escaped: {
    token: 'quoted',
    blank: 'quoted',
    equals: 'quoted',
    semicolon: 'quoted',
    text: 'quoted',
    quote: 'quoted',
    backslash: 'quoted',
  },
  end: {},
};

const SIGNS: Readonly<Record<number, Kind>> = {
  9: 'blank',
  13: 'cr',
  32: 'blank',
  34: 'quote',
  59: 'semicolon',
  61: 'equals',
  92: 'backslash',
};
const SPACE = 0x20;
const DEL = 0x7f;

/**
 * The extensions of a chunk, byte by byte. They are read over, for they are between neighbours who have agreed on them,
 * but they must be some: in what is none, another reader may see the line end somewhere else.
 */
export class ChunkExtension {
  #place: Place = 'after';

  /** Behind the size of a chunk. */
  start(): void {
    this.#place = 'after';
  }

  /** True when this byte is the CR behind them. @throws MalformedMessage */
  read(byte: number): boolean {
    const kind = kindOf(byte);
    const next = kind === undefined ? undefined : NEXT[this.#place][kind];
    if (next === undefined) throw new MalformedMessage('BAD_CHUNK_EXTENSION');
    this.#place = next;
    return next === 'end';
  }
}

/** Undefined: a control character. */
function kindOf(byte: number): Kind | undefined {
  return SIGNS[byte] ?? (isToken(byte) ? 'token' : byte < SPACE || byte === DEL ? undefined : 'text');
}
