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
  return httpVersionMinor === 0 || OFFERS.test(upgrade) ? null : upgrade;
}

/** Whether the connection may carry another request after this one. */
export function isKept({ httpVersionMinor, headers }: UpgradeQuestion): boolean {
  return httpVersionMinor > 0 && !hasToken(headers.connection ?? '', 'close');
}
