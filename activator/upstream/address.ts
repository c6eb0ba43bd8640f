import { isIP } from 'node:net';

const MAPPED = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/;

/**
 * An IP address in its shortest form: lower case, without a zone (`fe80::1%eth0`), which means something on this machine
 * alone, and IPv4 as such where it is mapped (`::ffff:10.0.0.7`). Undefined: `text` is none.
 */
export function addressOf(text: string): string | undefined {
  const zone = text.indexOf('%');
  const plain = zone === -1 ? text : text.slice(0, zone);
  const version = isIP(plain);
  if (version !== 6) return version === 4 && zone === -1 ? plain : undefined;
  const canonical = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [, dotted, high, low] = MAPPED.exec(canonical) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return canonical;
  const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return bits.flatMap((word) => [word >> 8, word & 255]).join('.');
}
