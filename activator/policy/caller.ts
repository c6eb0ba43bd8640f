import { HEADER } from '#api/names.ts';

/** Who asks, as a policy found out. */
export interface Caller {
  /** By which way in: the name of its field in `spec.access`. */
  readonly way: string;
  /** Of the key or the account, the subject of a token, or the name in a certificate. */
  readonly name: string;
  /** Of a token: which issuer says so. */
  readonly issuer?: string;
  /** Of a token. Bounded in size by the way that read it: they travel in one header. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** All but what is seen of ASCII; `%` because it begins an escape. */
const NOT_PLAIN = /[^!-$&-~]+/gu;

/** How the function is told; no client can send these. Texts are percent-encoded UTF-8, claims base64url of JSON. Name, value, … */
export function callerHeaders({ way, name, issuer, claims }: Caller): string[] {
  const headers = [HEADER.callerWay, way, HEADER.callerName, plain(name)];
  if (issuer !== undefined) headers.push(HEADER.callerIssuer, plain(issuer));
  if (claims !== undefined) {
    headers.push(HEADER.callerClaims, Buffer.from(JSON.stringify(claims)).toString('base64url'));
  }
  return headers;
}

function plain(text: string): string {
  return text.toWellFormed().replaceAll(NOT_PLAIN, encodeURIComponent);
}
