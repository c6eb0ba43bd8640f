import { OPS_PORT_NAME } from '#api/names.ts';
import { serviceEndpoints } from '#platform/kube/endpoint-urls.ts';
import type { EndpointSlice } from '#platform/kube/resources.ts';

/**
 * Base URLs of the activators' operational ports, from the EndpointSlices of their Service: each address once. One
 * that is not ready may still hold requests, so it counts until it is gone from the list.
 */
export function activatorUrls(slices: readonly EndpointSlice[]): string[] {
  return serviceEndpoints(slices, OPS_PORT_NAME).map(({ url }) => url);
}
