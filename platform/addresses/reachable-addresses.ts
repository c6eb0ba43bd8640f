import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * What is no address of the Internet (IANA's special-purpose registries): this machine, its link with the cloud's metadata,
 * private networks with the cluster's own pods and services, and forms of IPv6 that lead back to addresses of IPv4.
 */
const NOT_PUBLIC: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  ...[
    '::/96',
    '::ffff:0:0:0/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
  ],
  ...['5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
];

/** Of an IPv4 address in the form of IPv6, as `canonical` gives it. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;
const MAPPED_BITS = 96;

/** Which addresses may be called for those that write them. Pure. */
export class ReachableAddresses {
  readonly #refused = { ipv4: new BlockList(), ipv6: new BlockList() };
  // Apart: Node takes `::/0` for all of IPv4 too.
  readonly #allowed = { ipv4: new BlockList(), ipv6: new BlockList() };

  /** @param allowed networks in CIDR notation, or single addresses, that may be called although they are not public. */
  constructor(allowed: readonly string[] = []) {
    for (const network of NOT_PUBLIC) add(this.#refused, network);
    for (const network of allowed) add(this.#allowed, network);
  }

  /** False for what is no address. One of IPv4 in the form of IPv6 counts as the one of IPv4. */
  has(address: string): boolean {
    if (isIP(address) === 0 || address.includes('%')) return false;
    const plain = canonical(address);
    const family = isIP(plain) === 4 ? 'ipv4' : 'ipv6';
    return this.#allowed[family].check(plain, family) || !this.#refused[family].check(plain, family);
  }
}

function add(lists: { ipv4: BlockList; ipv6: BlockList }, network: string): void {
  const [given = '', bits] = network.split('/');
  const address = canonical(given);
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  const all = family === 'ipv4' ? 32 : 128;
  const mappedBits = family === 'ipv4' && isIP(given) === 6 ? MAPPED_BITS : 0;
  const prefix = bits === undefined ? all : Number(bits) - mappedBits;
  if (prefix >= 0) lists[family].addSubnet(address, prefix, family);
  // Wider than all of IPv4 in that form: those of IPv6 alone.
  else lists.ipv6.addSubnet(given, Number(bits), 'ipv6');
}

/** In one spelling; of IPv4 in the form of IPv6 the one of IPv4. */
function canonical(address: string): string {
  if (isIP(address) !== 6) return address;
  const plain = new SocketAddress({ address, family: 'ipv6' }).address;
  return MAPPED.exec(plain)?.[1] ?? plain;
}
