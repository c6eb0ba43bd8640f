import { BlockList, isIP } from 'node:net';

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

/** Which addresses may be called for those that write them. Pure. */
export class ReachableAddresses {
  readonly #refused = blockList(NOT_PUBLIC);
  readonly #allowed: BlockList;

  /** @param allowed networks in CIDR notation, or single addresses, that may be called although they are not public. */
  constructor(allowed: readonly string[] = []) {
    this.#allowed = blockList(allowed);
  }

  /** False for what is no address. One of IPv4 in the form of IPv6 counts as the one of IPv4. */
  has(address: string): boolean {
    const version = isIP(address);
    if (version === 0 || address.includes('%')) return false;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    return this.#allowed.check(address, family) || !this.#refused.check(address, family);
  }
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const isV4 = isIP(address) === 4;
    list.addSubnet(address, bits === undefined ? (isV4 ? 32 : 128) : Number(bits), isV4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
