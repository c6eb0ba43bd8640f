import { isIP } from 'node:net';
import type { ReachableAddresses } from './reachable-addresses.ts';

export interface AddressRules {
  readonly addresses: ReachableAddresses;
  /** Whether `http:` is called at all. */
  readonly allowHttp: boolean;
}

/** The address is not called, whatever is at it. */
export class NotAllowed extends Error {
  /** Why, without the address: for those that wrote another one, which led to it. */
  readonly told: string;

  constructor(message: string, told: string) {
    super(message);
    this.told = told;
  }
}

/** Throws where it is no URL, and NotAllowed where it may not be called; of one with a name its look-up has to be checked too. */
export function checkedUrl(address: string, { addresses, allowHttp }: AddressRules): URL {
  const url = URL.parse(address);
  if (url === null) throw new Error('the address is no URL');
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:'))
    throw new NotAllowed(`only https is called, not ${url.protocol}//${url.host}`, 'only https is called');
  if (url.username !== '' || url.password !== '') {
    const message = 'an address with a password is not called';
    throw new NotAllowed(message, message);
  }
  // Of a literal address there is no look-up in which it could be checked.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 && !addresses.has(host)) throw notReachable(url.host);
  return url;
}

export function notReachable(host: string): NotAllowed {
  const why = 'is not public, and not among those that this installation allows';
  return new NotAllowed(`the address of ${host} ${why}`, `its address, or that of its keys, ${why}`);
}
