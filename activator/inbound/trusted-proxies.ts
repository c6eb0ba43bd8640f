import { BlockList, isIP } from 'node:net';
import { addressOf } from '../upstream/address.ts';

/** Whether an address is a proxy's whose forwarding headers are believed. @param address as `addressOf` gives it. */
export type TrustedProxies = (address: string) => boolean;

interface Subnet {
  address: string;
  prefix: number;
  family: 'ipv4' | 'ipv6';
}

/** Of IPv4 addresses among those of IPv6: `::ffff:0.0.0.0/96`. */
const MAPPED_PREFIX = 96;

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
