import { BlockList, isIP } from 'node:net';

/** Whether an address is a proxy's whose forwarding headers are believed. @param address as `addressOf` gives it. */
export type TrustedProxies = (address: string) => boolean;

interface Subnet {
  address: string;
  prefix: number;
  family: 'ipv4' | 'ipv6';
}

const MAPPED = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/;
/** Of IPv4 addresses among those of IPv6: `::ffff:0.0.0.0/96`. */
const MAPPED_PREFIX = 96;

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

/** Undefined: `text` is neither an address nor a network in CIDR notation. */
function subnetOf(text: string): Subnet | undefined {
  const [given = '', length, ...rest] = text.split('/');
  const address = addressOf(given);
  if (address === undefined || given.includes('%') || rest.length > 0) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const isMapped = isIP(given) === 6 && isIP(address) === 4;
  const bits = isIP(address) === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length) - (isMapped ? MAPPED_PREFIX : 0);
  if (prefix < 0 || prefix > bits) return undefined;
  return { address, prefix, family: bits === 32 ? 'ipv4' : 'ipv6' };
}

/** `10.42.0.0/16`, `fd00::/8`, or a single address. */
export function isNetwork(text: string): boolean {
  return subnetOf(text) !== undefined;
}

/** @param networks each of which `isNetwork`. Undefined: there are none, so nothing needs to be asked. */
export function trustedProxies(networks: readonly string[]): TrustedProxies | undefined {
  if (networks.length === 0) return undefined;
  // Apart: Node takes `::/0` for all of IPv4 too.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of networks) {
    const subnet = subnetOf(text);
    if (subnet === undefined) throw new TypeError(`${text} is no network in CIDR notation`);
    lists[subnet.family].addSubnet(subnet.address, subnet.prefix, subnet.family);
  }
  return (address) => {
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    return isIP(address) !== 0 && lists[family].check(address, family);
  };
}
