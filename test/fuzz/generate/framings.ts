import type { Chance } from './chance.ts';

const LENGTHS = [
  '-1',
  '+5',
  '5,5',
  '5, 5',
  '5,6',
  '5,',
  ',5',
  '0x5',
  '',
  ' ',
  '5 5',
  '5;',
  '005',
  '05',
  '1e1',
  '5.0',
  '9'.repeat(16),
  '9'.repeat(16),
  '9'.repeat(16),
  '9'.repeat(20),
  '18446744073709551621',
  '\xb5',
];
const CODINGS = [
  'gzip',
  'gzip, chunked',
  'chunked, chunked',
  'chunked,',
  ',chunked',
  'identity',
  'chunked, identity',
  'Chunked',
  'CHUNKED',
  'chunked ',
  'xchunked',
  'chunkedx',
  'chunked;q=1',
  '',
  '"chunked"',
  '\x0bchunked',
];
const ODD_FRAMINGS: readonly ((chance: Chance) => string)[] = [
  (chance) => `Content-Length: ${chance.of(LENGTHS)}`,
  (chance) => `Content-Length: ${chance.of(['4', '6', '0', '100'])}`,
  () => 'Content-Length: 5\r\nContent-Length: 5',
  () => 'Content-Length: 5\r\ncontent-length: 6',
  () => 'Content-Length: 5\r\nTransfer-Encoding: chunked',
  () => 'Transfer-Encoding: chunked\r\nContent-Length: 5',
  (chance) => `Transfer-Encoding: ${chance.of(CODINGS)}`,
  (chance) => `Transfer-Encoding: ${chance.of(CODINGS)}\r\nTransfer-Encoding: ${chance.of(CODINGS)}`,
  (chance) => `Transfer-Encoding: ${chance.of(CODINGS)}\r\nContent-Length: ${chance.of(LENGTHS)}`,
  () => 'Content-Length : 5',
  () => 'Transfer-Encoding : chunked',
  () => 'Content_Length: 5',
  () => `Content-Length: ${'9'.repeat(16)}`,
  () => 'Content-Length: 5\r\n 5',
  () => 'Transfer-Encoding:\r\n chunked',
];

/** Header lines that say how long a body is, or nothing: mostly as they should. */
export function framing(chance: Chance): string {
  if (chance.yes(0.8))
    return chance.of([
      'Content-Length: 5',
      'content-length:0',
      'Transfer-Encoding: chunked',
      'transfer-encoding:chunked',
      'Transfer-Encoding: chunked',
      '',
    ]);
  return chance.of(ODD_FRAMINGS)(chance);
}
