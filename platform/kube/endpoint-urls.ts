import type { EndpointSlice } from './resources.ts';

type Conditions = NonNullable<NonNullable<EndpointSlice['endpoints']>[number]['conditions']>;

/** One pod behind a Service. */
interface ServiceEndpoint {
  /** `http://10.0.0.7:9090`. */
  readonly url: string;
  /** Undefined: it is no pod, or the slice does not say. */
  readonly podUid: string | undefined;
  /** It takes new connections: said, or not denied. */
  readonly ready: boolean;
}

/** The endpoints in these slices that have a port of that name, ready or not: each URL once. */
export function serviceEndpoints(slices: readonly EndpointSlice[], portName: string): ServiceEndpoint[] {
  const all = slices.flatMap(({ ports, endpoints, addressType }) => {
    const port = ports?.find(({ name }) => name === portName)?.port;
    if (port === undefined) return [];
    return (endpoints ?? []).flatMap(({ addresses, targetRef, conditions }) =>
      addresses.map((address) => ({
        url: `http://${addressType === 'IPv6' ? `[${address}]` : address}:${port}`,
        podUid: targetRef?.uid,
        ready: takesConnections(conditions),
      })),
    );
  });
  return [...new Map(all.map((endpoint) => [endpoint.url, endpoint])).values()];
}

/** Where a Service publishes pods that are not ready, `ready` is true of all of them, and the other two tell. */
function takesConnections({ ready, serving, terminating }: Conditions = {}): boolean {
  return ready !== false && serving !== false && terminating !== true;
}
