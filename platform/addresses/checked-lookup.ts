import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { notReachable } from './checked-url.ts';
import type { ReachableAddresses } from './reachable-addresses.ts';

const NAME_SERVER_LIMITS = { timeout: 1_000, tries: 2 };

/**
 * The address that was checked is the one that is called: a name is looked up once. Asks name servers directly, for the
 * system's look-ups take turns in few threads, which a name without an answer would hold.
 * @param resolve the addresses of a name; rejects where there are none
 */
export function checkedLookup(addresses: ReachableAddresses, resolve = addressesOf): LookupFunction {
  return (host, { all = false }, done) => {
    resolve(host).then(
      (found) => {
        const allowed = found.filter(({ address }) => addresses.has(address));
        const [first] = allowed;
        if (first === undefined) done(notReachable(host), '', 0);
        else if (all) done(null, allowed);
        else done(null, first.address, first.family);
      },
      () => done(new Error(`there is no address for ${host}`), '', 0),
    );
  };
}

/** Rejects where there are none. @param host a full name: no search domain is added */
async function addressesOf(host: string): Promise<LookupAddress[]> {
  const resolver = new Resolver(NAME_SERVER_LIMITS);
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
  return [
    ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({ address, family: 4 })),
    ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({ address, family: 6 })),
  ];
}
