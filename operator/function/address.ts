import type { RouteStatus } from '#api/function-status.ts';
import type { FunctionName, HostTemplate } from '#api/rules/host-template.ts';

/** How the gateway is reached from outside. */
export interface GatewayAddress {
  scheme: 'http' | 'https';
  /** Undefined: the scheme's own. */
  port: number | undefined;
}

/** Where a function answers: at its own host, else by the first of its routes; undefined: by neither. */
export function urlOf(
  fn: FunctionName,
  routes: readonly RouteStatus[],
  template: HostTemplate,
  { scheme, port }: GatewayAddress,
): string | undefined {
  const accepted = routes.filter((route) => route.accepted);
  const own = template.hostOf(fn);
  const hasOwn = !template.ambiguous || accepted.some(({ host, pathPrefix }) => host === own && pathPrefix === '/');
  const host = hasOwn && own !== undefined ? own : accepted[0]?.host;
  if (host === undefined) return undefined;
  const path = host === own ? '' : (accepted[0]?.pathPrefix ?? '');
  const isSchemesOwn = port === undefined || port === (scheme === 'https' ? 443 : 80);
  return `${scheme}://${host}${isSchemesOwn ? '' : `:${port}`}${path === '/' ? '' : path}`;
}
