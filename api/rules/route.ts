/** What a route is, in one spelling for whoever accepts routes and whoever serves them. */

/** As a user writes it. */
export interface RouteSpec {
  host: string;
  /** Absent: `/`. */
  pathPrefix?: string | undefined;
}

/** In the one spelling that equal routes have. */
export interface Route {
  /** Lower case. */
  host: string;
  /** `/`, or without a slash at its end. */
  pathPrefix: string;
}

/** A route that leads to its function. */
export interface AcceptedRoute extends Route {
  /** RFC 3339: when it was accepted. */
  since: string;
}

/** What the operator has accepted, and so what the gateway serves. */
export function acceptedRoutes(
  status: { routes?: readonly (Route & { accepted: boolean; since?: string | undefined })[] | undefined } | undefined,
): AcceptedRoute[] {
  const accepted: AcceptedRoute[] = [];
  for (const route of status?.routes ?? []) {
    if (!route.accepted || route.since === undefined) continue;
    accepted.push({ host: route.host.toLowerCase(), pathPrefix: routePrefix(route.pathPrefix), since: route.since });
  }
  // As a copy it takes no more memory than it needs: thousands of these are kept.
  return accepted.slice();
}

/** `/a/` and `/a` are one prefix, and so are no prefix and `/`. */
export function routePrefix(pathPrefix: string | undefined): string {
  const prefix = pathPrefix ?? '/';
  let end = prefix.length;
  while (end > 1 && prefix[end - 1] === '/') end -= 1;
  return prefix.slice(0, end) || '/';
}

export function normalRoute({ host, pathPrefix }: RouteSpec): Route {
  return { host: host.toLowerCase(), pathPrefix: routePrefix(pathPrefix) };
}

/** Equal for equal routes: `api.example.org/hello`. */
export function routeKey(route: RouteSpec): string {
  const { host, pathPrefix } = normalRoute(route);
  return `${host}${pathPrefix}`;
}

/**
 * What no prefix may have, as regular expressions that RE2 and JavaScript read alike, with the sentence for it. What is
 * left has one spelling only, so that nothing can be below `/fn` or `/.catnap` in another one.
 */
export const WRONG_PREFIXES = [
  { pattern: '//', message: 'has an empty segment ("//")' },
  { pattern: '/[.][.]?(;|/|$)', message: 'has a "." or ".." segment' },
  {
    pattern: '%(2[dDeEfF]|3[0-9]|[46][1-9a-fA-F]|5[0-9aAcCfF]|7[0-9aAeE]|[^0-9a-fA-F]|.[^0-9a-fA-F]|.?$)',
    message: 'encodes a slash, a backslash or a character that needs no encoding, or has a % without two hex digits',
  },
  {
    pattern: '^/([fF][nN]|[.][cC][aA][tT][nN][aA][pP])(;|/|$)',
    message: 'is below /fn or /.catnap, which are the gateway’s own at every host',
  },
] as const;

const WRONG = WRONG_PREFIXES.map(({ pattern, message }) => ({ pattern: new RegExp(pattern), message }));

/** What is wrong with a prefix; undefined: nothing. */
export function prefixMistake(pathPrefix: string): string | undefined {
  return WRONG.find(({ pattern }) => pattern.test(pathPrefix))?.message;
}
