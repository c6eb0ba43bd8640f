import type { FunctionObject } from '#api/function.ts';

type Owner = Pick<FunctionObject, 'metadata'>;

/** `api.example.org/hello`: equal for equal addresses. A slash at the end makes no difference. */
export function routeKey(route: { host: string; pathPrefix: string }): string {
  return `${route.host.toLowerCase()}${route.pathPrefix.replace(/\/+$/, '')}`;
}

/** Addresses a function asks for in `spec.routes`. */
export function routeKeys(fn: FunctionObject): string[] {
  return (fn.spec.routes ?? []).map(routeKey);
}

/** The host name that a function has without asking. */
export function defaultHost(fn: Owner, domain: string): string {
  return `${fn.metadata.name}.${fn.metadata.namespace}.${domain}`;
}

/**
 * Why one of the function's routes does not lead to it: another function holds the address. Of two that ask for the
 * same one the older keeps it (then the first by namespace and name); a default address always is its own function's.
 * @param others functions that exist, `fn` or not.
 */
export function routeConflict(
  fn: FunctionObject,
  others: readonly FunctionObject[],
  domain: string,
): string | undefined {
  for (const route of fn.spec.routes ?? []) {
    const holder = others.find((other) => other.metadata.uid !== fn.metadata.uid && holds(other, fn, route, domain));
    if (holder === undefined) continue;
    return `${route.host}${route.pathPrefix} belongs to Function ${holder.metadata.namespace}/${holder.metadata.name}; take the route out of spec.routes of one of the two`;
  }
  return undefined;
}

function holds(
  other: FunctionObject,
  fn: FunctionObject,
  route: { host: string; pathPrefix: string },
  domain: string,
): boolean {
  if (defaultHost(other, domain) === route.host) return true;
  return routeKeys(other).includes(routeKey(route)) && isBefore(other, fn);
}

function isBefore(a: FunctionObject, b: FunctionObject): boolean {
  const order = (fn: FunctionObject) =>
    `${new Date(fn.metadata.creationTimestamp).toISOString()} ${fn.metadata.namespace}/${fn.metadata.name}`;
  return order(a) < order(b);
}

/** Functions of `all` whose routes `changed` ones (may) hold or have let go. */
export function routeNeighbours(
  changed: readonly FunctionObject[],
  all: readonly FunctionObject[],
  domain: string,
): FunctionObject[] {
  const keys = new Set(changed.flatMap(routeKeys));
  const hosts = new Set(changed.map((fn) => defaultHost(fn, domain)));
  return all.filter((fn) => (fn.spec.routes ?? []).some((route) => keys.has(routeKey(route)) || hosts.has(route.host)));
}
