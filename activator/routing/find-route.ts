/** Which function a request is for: by its host and path and, for a bare name, by the caller's namespace. Pure. */
import { type GatewayError, internalPath, noSuchFunction, notTheApiServer } from '../errors/gateway-error.ts';
import { hostOf, type Route, type RouteTable } from './route-table.ts';

/** What of a request decides where it goes. */
export interface Asked {
  /** The Host header, with or without a port, in any case. */
  host: string;
  /** Path and query, beginning with a slash. */
  path: string;
  /** Address of the client itself; undefined behind a trusted proxy, whose address says nothing of the client. */
  peer: string | undefined;
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** What kubectl asks an API server first; it asks localhost:8080 where it has no kubeconfig. */
const API_SERVER_PATH = /^\/(api|apis|openapi|version)(?=[/?]|$)/;

/**
 * A bare name, as in `http://hello`, is looked up in the caller's namespace, as the cluster's DNS does: that of the function
 * whose pod the request comes from.
 * @param namespaceOf of the function whose pod has an address; undefined: none has
 */
export function findRoute<T>(
  table: RouteTable<T>,
  { host, path, peer }: Asked,
  namespaceOf: (address: string) => string | undefined,
): Route<T> {
  const route = table.lookup(host, path);
  if (route.kind === 'function' || route.owner !== undefined || peer === undefined) return route;
  const name = bareName(host);
  const namespace = name === undefined ? undefined : namespaceOf(peer);
  return namespace === undefined ? route : table.lookup(`${name}.${namespace}`, path);
}

/** The answer where no function is found. @param owner `<namespace>/<name>` of the function that has the host, where one has */
export function nothingThere({ host, path }: Asked, owner: string | undefined): GatewayError {
  if (owner !== undefined) return internalPath(path, owner);
  if (API_SERVER_PATH.test(path)) return notTheApiServer();
  return noSuchFunction(`${host}${path}`, bareName(host));
}

/** `Hello:80` → `hello`; undefined: it has more than one label, or is this machine. */
function bareName(authority: string): string | undefined {
  const host = hostOf(authority);
  return LABEL.test(host) && host !== 'localhost' ? host : undefined;
}
