/** Whether the entries of `spec.access` say something. */
import { hasOtherUse } from './header-use.ts';
import { type JwtSpec, jwtFault } from './jwt-fault.ts';

export interface ApiKeySpec {
  readonly name: string;
  /** 64 hex digits, lower case. */
  readonly sha256: string;
  /** RFC 3339; undefined: never. */
  readonly expires?: string | undefined;
}

export interface ServiceAccountSpec {
  readonly namespace: string;
  readonly name: string;
}

/** At least one name. */
export interface ClientCertificateSpec {
  readonly dnsNames?: readonly string[] | undefined;
  readonly uris?: readonly string[] | undefined;
}

/** One way in: exactly one of its kinds is there. */
export interface WayInSpec {
  readonly public?: readonly string[] | undefined;
  readonly apiKeys?: readonly ApiKeySpec[] | undefined;
  /** Of `apiKeys`. */
  readonly header?: string | undefined;
  readonly jwt?: JwtSpec | undefined;
  readonly serviceAccounts?: readonly ServiceAccountSpec[] | undefined;
  /** Of `serviceAccounts`. */
  readonly audiences?: readonly string[] | undefined;
  readonly clientCertificate?: ClientCertificateSpec | undefined;
}

/** Where keys are looked for that name no header. */
export const DEFAULT_KEY_HEADER = 'X-Api-Key';
const KINDS = ['public', 'apiKeys', 'jwt', 'serviceAccounts', 'clientCertificate'] as const;
const ACCOUNT_NAME = /^[a-z0-9][-a-z0-9.]{0,252}$/;
/** In whatever case: names in certificates are compared without it. */
export const CERTIFICATE_NAME =
  /^[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9_])?)*$/;
export const CERTIFICATE_URI = /^[A-Za-z][-A-Za-z0-9+.]*:[!-~]+$/;
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[-+]\d{2}:\d{2})$/;

/** Undefined: all of them do. */
export function accessFault(waysIn: readonly WayInSpec[] = []): string | undefined {
  for (const [i, way] of waysIn.entries()) {
    const fault = wayFault(way);
    if (fault !== undefined) return `spec.access[${i}]${fault}`;
  }
  return undefined;
}

function wayFault(way: WayInSpec): string | undefined {
  if (KINDS.filter((kind) => way[kind] !== undefined).length !== 1) return `: give exactly one of ${KINDS.join(', ')}`;
  if (way.header !== undefined && hasOtherUse(way.header)) {
    return `.header: ${way.header} has another use; name one of your own, such as ${DEFAULT_KEY_HEADER}`;
  }
  if (way.jwt !== undefined) {
    const fault = jwtFault(way.jwt);
    return fault === undefined ? undefined : `.jwt${fault}`;
  }
  if (way.serviceAccounts !== undefined) return accountFault(way.serviceAccounts, way.audiences);
  if (way.clientCertificate !== undefined) return certificateFault(way.clientCertificate);
  return prefixFault(way.public) ?? keyFault(way.apiKeys);
}

/** Trusts no schema: a text in place of a list would let in what is only a part of it. */
function accountFault(accounts: readonly ServiceAccountSpec[], audiences: unknown): string | undefined {
  if (!Array.isArray(accounts) || accounts.length === 0) return '.serviceAccounts: give at least one';
  const wrong = accounts.findIndex(({ namespace, name }) => !ACCOUNT_NAME.test(namespace) || !ACCOUNT_NAME.test(name));
  if (wrong !== -1) return `.serviceAccounts[${wrong}]: give its namespace and its name`;
  const isGiven = Array.isArray(audiences) && audiences.length > 0;
  const areTexts = isGiven && audiences.every((audience) => typeof audience === 'string' && audience !== '');
  return areTexts ? undefined : '.audiences: give at least one, of your own';
}

/** Trusts no schema, as above. */
function certificateFault({ dnsNames = [], uris = [] }: ClientCertificateSpec): string | undefined {
  const where = '.clientCertificate';
  if (!Array.isArray(dnsNames) || !Array.isArray(uris)) return `${where}: dnsNames and uris are lists`;
  if (dnsNames.length + uris.length === 0) return `${where}: give dnsNames, uris or both`;
  const wrongName = dnsNames.findIndex((name) => typeof name !== 'string' || !CERTIFICATE_NAME.test(name));
  if (wrongName !== -1) return `${where}.dnsNames[${wrongName}]: give a whole name, without *`;
  const wrongUri = uris.findIndex((uri) => typeof uri !== 'string' || !CERTIFICATE_URI.test(uri));
  return wrongUri === -1 ? undefined : `${where}.uris[${wrongUri}]: give a URI, such as spiffe://cluster.local/ns/shop`;
}

function prefixFault(prefixes: readonly string[] = []): string | undefined {
  const wrong = prefixes.findIndex((prefix) => prefix.split('/').some((part) => part === '.' || part === '..'));
  return wrong === -1 ? undefined : `.public[${wrong}]: a prefix with dots in place of names is no path`;
}

function keyFault(keys: readonly ApiKeySpec[] = []): string | undefined {
  for (const [i, { expires }] of keys.entries()) {
    if (expires !== undefined && !(RFC3339.test(expires) && Number.isFinite(Date.parse(expires)))) {
      return `.apiKeys[${i}].expires: ${JSON.stringify(expires)} is no time such as 2030-01-01T00:00:00Z`;
    }
  }
  const seen = new Set<string>();
  const twice = keys.findIndex(({ sha256 }) => seen.size === seen.add(sha256).size);
  return twice === -1 ? undefined : `.apiKeys[${twice}].sha256: another key has the same`;
}
