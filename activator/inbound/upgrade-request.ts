import { hasToken } from '../upstream/http1/framing.ts';

/** What of a request decides whether it asks for another protocol; an IncomingMessage has it. */
export interface UpgradeQuestion {
  httpVersionMinor: number;
  headers: { readonly connection?: string | undefined; readonly upgrade?: string | undefined };
}

/** Protocols that are offered beside HTTP/1.1, which a server is free to leave; clients offer them with any request. */
const OFFERS = /(?:^|,)\s*(?:h2c?|tls|http)\s*(?:[/,]|$)/i;

/** Whether the parser takes it for one that asks for an upgrade: it reads no further than to its end then. */
export function asksForUpgrade({ headers }: UpgradeQuestion): boolean {
  return headers.upgrade !== undefined && hasToken(headers.connection ?? '', 'upgrade');
}

/** The protocol to be asked for at a replica; null: the request is served as any other, which is how an offer is declined. */
export function upgradeOf({ httpVersionMinor, headers }: UpgradeQuestion): string | null {
  const { upgrade = '' } = headers;
  if (httpVersionMinor === 0 || OFFERS.test(upgrade)) return null;
  return withoutEmpty(upgrade);
}

/** Whether the connection may carry another request after this one. */
export function isKept({ httpVersionMinor, headers }: UpgradeQuestion): boolean {
  return httpVersionMinor > 0 && !hasToken(headers.connection ?? '', 'close');
}

/** A list without its empty elements, which a recipient has to ignore (RFC 9110, 5.6.1); null: it has no others. */
function withoutEmpty(list: string): string | null {
  const elements = list.split(',').map((element) => element.trim());
  return elements.filter((element) => element !== '').join(', ') || null;
}
