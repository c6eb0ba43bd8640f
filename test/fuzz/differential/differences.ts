import { isDeepStrictEqual } from 'node:util';
import type { Outcome } from './outcome.ts';

/** A way in which the gateway's parser reads otherwise than llhttp, on purpose. */
export interface Difference {
  name: string;
  why: string;
  /** Where the standard speaks of it. */
  section: string;
  /** Whether it is what sets two outcomes, of which no other difference is known, apart. */
  explains: (ours: Outcome, theirs: Outcome, text: string) => boolean;
}

/** Refused by ours with `code`, read by theirs, where the bytes show the reason. */
const stricter =
  (code: string, shown: RegExp): Difference['explains'] =>
  (ours, theirs, text) =>
    ours.kind === 'refused' && ours.code === code && theirs.kind !== 'refused' && shown.test(text);

/** Read by ours, refused by theirs with `code`, where the bytes show the reason. */
const laxer =
  (codes: readonly string[], shown: RegExp): Difference['explains'] =>
  (ours, theirs, text) =>
    ours.kind !== 'refused' && theirs.kind === 'refused' && codes.includes(theirs.code) && shown.test(text);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STRAY = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;

export const DIFFERENCES: readonly Difference[] = [
  {
    name: 'a control character in a field or a reason is refused',
    why: 'a reader behind us may end the line there',
    section: 'RFC 9110, 5.5; RFC 9112, 2.2 and 4',
    explains: stricter('BAD_CHARACTER', STRAY),
  },
  {
    name: 'a first line that is not quite one is refused: empty lines before it, another version, a status below 100',
    why: 'only servers are told to be patient with empty lines; HTTP/0.9 and HTTP/2 are not spoken here',
    section: 'RFC 9112, 2.2, 2.3 and 4',
    explains: stricter('BAD_STATUS_LINE', /(?:^|\r\n\r\n)[\r\n]|HTTP\/(?!1\.[01] )|HTTP\/1\.[01] 0\d\d/),
  },
  {
    name: '101 is refused where no upgrade was asked for',
    why: 'what follows is no HTTP for one reader, and the answer for another',
    section: 'RFC 9110, 7.8 and 15.2.2',
    explains: stricter('UNASKED_SWITCH', /HTTP\/1\.[01] 101/),
  },
  {
    name: '101 is refused where it does not name the protocol',
    why: 'it must; llhttp takes it for one more answer in 1xx, and what follows for the real one',
    section: 'RFC 9110, 7.8 and 15.2.2',
    explains: stricter('UNNAMED_SWITCH', /HTTP\/1\.[01] 101/),
  },
  {
    name: 'more than 32 answers in 1xx are refused',
    why: 'they would keep a connection busy for ever',
    section: 'RFC 9110, 15.2',
    explains: stricter('TOO_MANY_INFORMATIONAL', /HTTP\/1\.[01] 1\d\d/),
  },
  {
    name: 'a coding other than chunked is refused',
    why: 'none was asked for; llhttp reads to the end of the connection',
    section: 'RFC 9112, 6.1 and 7',
    explains: stricter(
      'BAD_TRANSFER_ENCODING',
      /transfer-encoding:(?![ \t]*chunked[ \t]*\r\n(?![\s\S]*transfer-encoding:))/i,
    ),
  },
  {
    name: 'chunks in HTTP/1.0 are refused',
    why: 'the framing is to be treated as faulty',
    section: 'RFC 9112, 6.1',
    explains: stricter('AMBIGUOUS_LENGTH', /HTTP\/1\.0 [\s\S]*transfer-encoding/i),
  },
  {
    name: 'a length of 16 digits or more is refused',
    why: 'it cannot be counted exactly',
    section: 'RFC 9110, 8.6',
    explains: stricter('BAD_CONTENT_LENGTH', /content-length:[ \t]*\d{16}/i),
  },
  {
    name: 'a chunk size of 14 digits or more is refused, zeros too',
    why: 'readers count to different numbers',
    section: 'RFC 9112, 7.1',
    explains: stricter('BAD_CHUNK_SIZE', /\n[\da-f]{14}/i),
  },
  {
    name: 'what is no chunk extension is refused',
    why: 'another reader may see the line end somewhere else',
    section: 'RFC 9112, 7.1.1',
    explains: stricter('BAD_CHUNK_EXTENSION', /\n[\da-f]+[ \t]*;/i),
  },
  {
    name: 'chunk extensions beyond 4 KiB are refused',
    why: 'their total is to be bounded',
    section: 'RFC 9112, 7.1.1',
    explains: stricter('CHUNK_LINE_TOO_LONG', /;[^\r\n]{4000}/),
  },
  {
    name: 'a head beyond 64 KiB is refused',
    why: 'it is held in memory; node:http was given a larger bound here',
    section: 'RFC 9110, 5.4',
    explains: stricter('HEAD_TOO_LARGE', /[^\r\n]{20000}/),
  },
  {
    name: 'the same length said several times is one length',
    why: 'the standard allows it, and proxies that double the field are about',
    section: 'RFC 9112, 6.3',
    explains: laxer(
      ['HPE_UNEXPECTED_CONTENT_LENGTH', 'HPE_INVALID_CONTENT_LENGTH'],
      /content-length:[ \t]*(\d+)[ \t]*(?:,|\r\n(?:[^\r\n]+\r\n)*content-length:)[ \t]*\1/i,
    ),
  },
  {
    name: 'blanks in the line of a chunk are read over',
    why: 'bad whitespace is to be read; servers are about that fill up the size with blanks',
    section: 'RFC 9112, 7.1.1; RFC 9110, 5.6.3',
    explains: laxer(
      ['HPE_STRICT', 'HPE_INVALID_CHUNK_SIZE'],
      /transfer-encoding:[ \t]*chunked[\s\S]*\r\n\r\n[\s\S]*(?<=\n)[\da-f]+[ \t]+(?:;|\r\n)|\n[\da-f]+[ \t]*;[^\r\n]*[ \t][^\r\n]*\r\n/i,
    ),
  },
  {
    name: 'an answer in 1xx does not close the connection',
    why: 'only the final one does',
    section: 'RFC 9112, 9.6',
    explains: laxer(['HPE_CLOSED_CONNECTION'], /HTTP\/1\.[01] 1\d\d[\s\S]*(?:HTTP\/1\.0|connection:[^\r\n]*close)/i),
  },
  {
    name: 'a length is passed on without zeros before it',
    why: 'as octal it would be another one',
    section: 'RFC 9110, 8.6',
    explains: (ours, theirs) => isDeepStrictEqual(withoutZeros(ours), withoutZeros(theirs)),
  },
];

function withoutZeros(outcome: Outcome): unknown {
  if (outcome.kind !== 'answered') return outcome;
  const isLength = (name: string | undefined) => name?.toLowerCase() === 'content-length';
  const headers = outcome.headers.map((text, i, all) => (i % 2 === 1 && isLength(all[i - 1]) ? Number(text) : text));
  return { ...outcome, headers };
}

/** Names of what sets two outcomes of the same bytes apart; none: they agree; undefined: nothing that is known. */
export function differenceOf(ours: Outcome, theirs: Outcome, text: string): string | 'none' | undefined {
  if (ours.kind === 'refused' && theirs.kind === 'refused') return 'none';
  if (isDeepStrictEqual(ours, theirs)) return 'none';
  return DIFFERENCES.find(({ explains }) => explains(ours, theirs, text))?.name;
}
