import { OPS_PORT_NAME } from '#api/names.ts';
import { serviceEndpoints } from '#platform/kube/endpoint-urls.ts';
import type { EndpointSlice } from '#platform/kube/resources.ts';

/** Far more than there are activators; each one costs a connection. */
const MOST_PEERS = 64;

/**
 * Base URLs of the other activators' operational ports, from the EndpointSlices of their Service. One of each pod, also
 * where it has addresses of two families.
 * @param ownUid of the pod that this is in; undefined: it is in none.
 */
export function peerUrls(slices: readonly EndpointSlice[], ownUid: string | undefined): string[] {
  const seen = new Set<string>(ownUid === undefined ? [] : [ownUid]);
  const others = serviceEndpoints(slices, OPS_PORT_NAME).filter(({ podUid }) => {
    if (podUid === undefined) return true;
    if (seen.has(podUid)) return false;
    seen.add(podUid);
    return true;
  });
  return others.slice(0, MOST_PEERS).map(({ url }) => url);
}
