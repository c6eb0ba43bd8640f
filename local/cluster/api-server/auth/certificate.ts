/** A self-signed certificate for addresses of this machine: kubectl sends a token over TLS only. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. Whoever trusts it trusts this server, and no other. */
  cert: string;
  /** PEM, to be kept secret. */
  key: string;
}

const VALID_DAYS = 3650;
const DAY_MS = 24 * 60 * 60 * 1000;

/** @param addresses IPv4 addresses besides `localhost` under which the server is reached */
export function selfSigned(addresses: readonly string[], nowMs: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(objectId('2.5.4.3'), tagged(0x0c, Buffer.from('local API server')))));
  const validity = sequence(time(nowMs - DAY_MS), time(nowMs + VALID_DAYS * DAY_MS));
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2')); // ECDSA with SHA-256
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    validity,
    name,
    spki,
    tagged(0xa3, sequence(...extensions(addresses, spki))),
  );
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, algorithm, bitString(signature));
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { cert: pem(der), key };
}

function extensions(addresses: readonly string[], spki: Buffer): Buffer[] {
  const names = [tagged(0x82, Buffer.from('localhost')), ...addresses.map((address) => tagged(0x87, octets(address)))];
  const keyId = createHash('sha1').update(spki).digest();
  return [
    extension('2.5.29.19', sequence(TRUE), true), // it may vouch for itself
    extension('2.5.29.15', tagged(0x03, Buffer.from([2, 0x84])), true), // signs, and signs certificates
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1')), false), // of servers
    extension('2.5.29.14', tagged(0x04, keyId), false),
    extension('2.5.29.17', sequence(...names), false),
  ];
}

const TRUE = Buffer.from([0x01, 0x01, 0xff]);

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return sequence(objectId(id), ...(critical ? [TRUE] : []), tagged(0x04, value));
}

function octets(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** One element of DER: its tag, its length, its content. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 256 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 255]);
  return Buffer.concat([Buffer.from([tag]), size, content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function set(part: Buffer): Buffer {
  return tagged(0x31, part);
}

/** @param bytes of a positive number, the highest below 0x80 */
function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function bitString(content: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function time(ms: number): Buffer {
  const text = new Date(ms)
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, 'Z');
  return tagged(0x18, Buffer.from(text));
}

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Seven bits a byte, all but the last marked as not the last. */
function base128(value: number): number[] {
  const bytes = [value & 127];
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 127) | 128);
  return bytes;
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
