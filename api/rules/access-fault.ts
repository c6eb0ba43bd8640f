/** Whether the entries of `spec.access` say something. */

export interface ApiKeySpec {
  readonly name: string;
  /** 64 hex digits, lower case. */
  readonly sha256: string;
  /** RFC 3339; undefined: never. */
  readonly expires?: string | undefined;
}

/** One way in: exactly one of its kinds is there. */
export interface WayInSpec {
  readonly public?: readonly string[] | undefined;
  readonly apiKeys?: readonly ApiKeySpec[] | undefined;
  /** Of `apiKeys`. */
  readonly header?: string | undefined;
}

/** Where keys are looked for that name no header. */
export const DEFAULT_KEY_HEADER = 'X-Api-Key';
const KINDS = ['public', 'apiKeys'] as const;
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[-+]\d{2}:\d{2})$/;
/** Those that HTTP or the gateway has for something else; what says who forwards counts from proxies alone. */
const OTHER_USE =
  /^(?:authorization|cookie|host|origin|te|trailer|upgrade|via|expect|range|date|age|allow|vary|connection|keep-alive|user-agent|forwarded|traceparent|tracestate|x-real-ip|x-request-id|(?:accept|content|transfer|access-control|if|proxy|sec|x-forwarded|x-catnap|ce)-.*|accept)$/;

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
  if (way.header !== undefined && OTHER_USE.test(way.header.toLowerCase().replaceAll('_', '-'))) {
    return `.header: ${way.header} has another use; name one of your own, such as ${DEFAULT_KEY_HEADER}`;
  }
  return prefixFault(way.public) ?? keyFault(way.apiKeys);
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
  const digests = keys.map(({ sha256 }) => sha256);
  const twice = digests.findIndex((digest, i) => digests.indexOf(digest) !== i);
  return twice === -1 ? undefined : `.apiKeys[${twice}].sha256: another key has the same`;
}
