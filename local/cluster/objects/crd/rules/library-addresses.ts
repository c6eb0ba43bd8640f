import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { hasFormat } from '../formats.ts';

class CelIp {
  readonly text: string;
  constructor(text: string) {
    if (isIP(text) === 0) throw new Error(`IP Address "${text}" parse error during conversion from string`);
    this.text = text;
  }
}
class CelCidr {
  readonly address: string;
  readonly bits: number;
  constructor(text: string) {
    if (!hasFormat('cidr', text)) throw new Error(`network address parse error during conversion from string: ${text}`);
    const [address = '', bits = ''] = text.split('/');
    this.address = address;
    this.bits = Number(bits);
  }
}

function family(text: string): 'ipv4' | 'ipv6' {
  return isIPv4(text) ? 'ipv4' : 'ipv6';
}
function within(text: string, ...networks: string[]): boolean {
  const block = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    block.addSubnet(address, Number(bits), family(address));
  }
  return block.check(text, family(text));
}

/** IP addresses and networks in rules. */
export function addAddressFunctions(environment: Environment): void {
  const [ip, cidr] = ['net.IP', 'net.CIDR'];
  environment
    .registerType(ip, { ctor: CelIp, fields: {} })
    .registerType(cidr, { ctor: CelCidr, fields: {} })
    .registerOperator(`${ip} == ${ip}`, (a: CelIp, b: CelIp) => a.text === b.text)
    .registerFunction(`ip(string): ${ip}`, (text: string) => new CelIp(text))
    .registerFunction(`cidr(string): ${cidr}`, (text: string) => new CelCidr(text))
    .registerFunction(`string(${ip}): string`, ({ text }: CelIp) => text)
    .registerFunction(`${ip}.family(): int`, ({ text }: CelIp) => (isIPv4(text) ? 4n : 6n))
    .registerFunction(`${ip}.isUnspecified(): bool`, ({ text }: CelIp) => text === '0.0.0.0' || text === '::')
    .registerFunction(`${ip}.isLoopback(): bool`, ({ text }: CelIp) => within(text, '127.0.0.0/8', '::1/128'))
    .registerFunction(`${ip}.isLinkLocalUnicast(): bool`, ({ text }: CelIp) =>
      within(text, '169.254.0.0/16', 'fe80::/10'),
    )
    .registerFunction(`${cidr}.prefixLength(): int`, ({ bits }: CelCidr) => BigInt(bits))
    .registerFunction(`${cidr}.ip(): ${ip}`, ({ address }: CelCidr) => new CelIp(address))
    .registerFunction(`${cidr}.containsIP(string): bool`, ({ address, bits }: CelCidr, text: string) =>
      within(new CelIp(text).text, `${address}/${bits}`),
    )
    .registerFunction(`${cidr}.containsIP(${ip}): bool`, ({ address, bits }: CelCidr, { text }: CelIp) =>
      within(text, `${address}/${bits}`),
    )
    .registerFunction(`${cidr}.containsCIDR(string): bool`, ({ address, bits }: CelCidr, text: string) => {
      const inner = new CelCidr(text);
      return inner.bits >= bits && within(inner.address, `${address}/${bits}`);
    });
}
