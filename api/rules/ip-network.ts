/** Networks of IP addresses as ranges of integers. IPv4 is a number, IPv6 a bigint, so the two are never compared. */

/** A number: IPv4, 32 bits. A bigint: IPv6, 128 bits. */
export type IpValue = number | bigint;

export type IpRange =
  | { readonly version: 4; readonly first: number; readonly last: number }
  | { readonly version: 6; readonly first: bigint; readonly last: bigint };

const V4_BITS = 32;
const V6_BITS = 128;
const V6_GROUPS = 8;
/** `::ffff:0.0.0.0/96`: IPv4 among the addresses of IPv6. */
const MAPPED_BITS = 96;
const MAPPED_HEAD = 0xffffn;
const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[\da-f]{1,4}$/i;
const PREFIX = /^(?:0|[1-9]\d{0,2})$/;

/** One address without a zone; IPv4-mapped IPv6 is IPv4. Undefined: it is none. */
export function ipValue(text: string): IpValue | undefined {
  if (!text.includes(':')) return v4Value(text);
  const value = v6Value(text);
  return value !== undefined && value >> 32n === MAPPED_HEAD ? Number(value & 0xffff_ffffn) : value;
}

/**
 * A network in CIDR notation, or one address; bits behind the prefix do not count. A network within `::ffff:0:0/96` is one
 * of IPv4. `::/0` has no address of IPv4, `0.0.0.0/0` none of IPv6. Undefined: it is none.
 */
export function ipRange(text: string): IpRange | undefined {
  const [address = '', given, ...rest] = text.split('/');
  if (rest.length > 0 || (given !== undefined && !PREFIX.test(given))) return undefined;
  const value = ipValue(address);
  if (value === undefined) return undefined;
  const length = given === undefined ? undefined : Number(given);
  if (typeof value === 'bigint') return v6Range(value, length ?? V6_BITS);
  const isMapped = address.includes(':') && length !== undefined;
  if (!isMapped) return v4Range(value, length ?? V4_BITS);
  // A shorter prefix than that of the mapped addresses has others too.
  return length < MAPPED_BITS
    ? v6Range((MAPPED_HEAD << 32n) | BigInt(value), length)
    : v4Range(value, length - MAPPED_BITS);
}

function v4Range(value: number, length: number): IpRange | undefined {
  if (length > V4_BITS) return undefined;
  const size = 2 ** (V4_BITS - length);
  const first = Math.floor(value / size) * size;
  return { version: 4, first, last: first + size - 1 };
}

function v6Range(value: bigint, length: number): IpRange | undefined {
  if (length > V6_BITS) return undefined;
  const host = (1n << BigInt(V6_BITS - length)) - 1n;
  return { version: 6, first: (value | host) ^ host, last: value | host };
}

function v4Value(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  let value = 0;
  for (const octet of octets) {
    // A leading zero is octal to some readers.
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined;
    value = value * 256 + Number(octet);
  }
  return value;
}

function v6Value(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [groupsOf(halves[0] ?? ''), groupsOf(halves[1] ?? '')];
  if (head === undefined || tail === undefined) return undefined;
  const missing = V6_GROUPS - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  // Dotted IPv4 stands at the end alone.
  if (halves.length === 2 && (halves[0] ?? '').includes('.')) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const dotted = i === parts.length - 1 ? v4Value(part) : undefined;
      if (dotted === undefined) return undefined;
      groups.push(Math.floor(dotted / 65_536), dotted % 65_536);
    }
  }
  return groups;
}
