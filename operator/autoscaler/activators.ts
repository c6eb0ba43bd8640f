import { OPS_PORT_NAME } from '#api/names.ts';
import type { EndpointSlice } from '#platform/resources.ts';

/**
 * Base URLs of the activators' operational ports, from the EndpointSlices of their Service: each address once. One
 * that is not ready may still hold requests, so it counts until it is gone from the list.
 */
export function activatorUrls(slices: readonly EndpointSlice[]): string[] {
  const urls = slices.flatMap(({ ports, endpoints, addressType }) => {
    const port = ports?.find(({ name }) => name === OPS_PORT_NAME)?.port;
    if (port === undefined) return [];
    return (endpoints ?? [])
      .flatMap(({ addresses }) => addresses)
      .map((address) => `http://${addressType === 'IPv6' ? `[${address}]` : address}:${port}`);
  });
  return [...new Set(urls)];
}
