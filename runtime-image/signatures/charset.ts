import { Refused } from './refusal.ts';

/** The charset that a Content-Type names, in lower case. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase();
}

/**
 * The text of `bytes`, without its byte order mark. What is no character becomes U+FFFD.
 * @throws Refused (415) where the charset is not known.
 */
export function decodedText(bytes: Buffer, charset: string): string {
  // The web's standard takes these for windows-1252, which differs in 32 characters.
  if (charset === 'iso-8859-1' || charset === 'latin1') return bytes.toString('latin1');
  const label = charset === 'utf-16' && isBigEndian(bytes) ? 'utf-16be' : charset;
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label);
  } catch {
    throw new Refused(415, 'BadBody', `the charset "${charset}" of the body is not known`);
  }
  return decoder.decode(bytes);
}

/** By its byte order mark. */
function isBigEndian(bytes: Buffer): boolean {
  return bytes[0] === 0xfe && bytes[1] === 0xff;
}
