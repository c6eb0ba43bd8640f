/** How a secret is found again in what a program gives out, plain or packed. Pure. */
import { brotliDecompressSync } from 'node:zlib';

const MAP = /sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)/g;
const PLAIN = 'text:';

/** The secret as text, hexadecimal, and base64 at each of its three offsets. @param secret ASCII, at least 16 characters. */
function tracesOf(secret: string): string[] {
  const base64At = (offset: number) => {
    const text = Buffer.from(' '.repeat(offset) + secret).toString('base64');
    // The first and last characters hold bits of what stands beside the secret.
    return text.slice(offset === 0 ? 0 : 4, -4).replaceAll('=', '');
  };
  return [secret, Buffer.from(secret).toString('hex'), base64At(0), base64At(1), base64At(2)];
}

/** Whether `text` gives the secret away, in its inline source maps too. */
export function givesAway(text: string, secret: string): boolean {
  const traces = tracesOf(secret);
  const maps = [...text.matchAll(MAP)].map(([, packed = '']) => Buffer.from(packed, 'base64').toString());
  return [text, ...maps].some((part) => traces.some((trace) => part.includes(trace)));
}

/** A stored bundle as the module that it is. @param chunks in their order. */
export function unpackedBundle(chunks: readonly string[]): string {
  const joined = chunks.join('');
  return joined.startsWith(PLAIN)
    ? joined.slice(PLAIN.length)
    : brotliDecompressSync(Buffer.from(joined, 'base64')).toString();
}
