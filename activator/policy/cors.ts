import type { CorsSpec } from '#api/rules/cors-fault.ts';
import type { Reply } from '../errors/gateway-error.ts';
import { NameTable } from '../upstream/http1/name-table.ts';
import type { AnswerFields } from './answer-fields.ts';
import type { Pass, Policy, PolicyDecision, RequestFacts } from './policy.ts';

/** What a function says of these does not count: the gateway speaks for it. */
const SPOKEN_FOR = new NameTable<true>(
  ['origin', 'credentials', 'methods', 'headers', 'private-network']
    .map((name) => `access-control-allow-${name}`)
    .concat(['access-control-expose-headers', 'access-control-max-age'])
    .map((name) => [name, true]),
);
const METHOD = /^[A-Z][-A-Z]{0,31}$/;
const HEADER_LIST = /^[\w!#$%&'*+.^`|~-]{1,128}(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]{1,128}){0,63}$/;
const SUBDOMAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const DEFAULT_PORT = /^(?:(https:.*):443|(http:.*):80)$/;

/** Answers preflights (Fetch, 4.8) and adds to all other answers what lets pages of these origins read them. */
export function cors(spec: CorsSpec): Policy {
  const allows = originMatcher(spec.origins);
  const all = spec.origins.includes('*');
  const none: AnswerFields = { instead: SPOKEN_FOR, add: [], ...(!all && { vary: 'Origin' }) };
  const allowed = (origin: string): string[] => [
    ...['access-control-allow-origin', all ? '*' : origin],
    ...(spec.credentials === true ? ['access-control-allow-credentials', 'true'] : []),
  ];
  const exposed = spec.exposedHeaders?.length ? ['access-control-expose-headers', spec.exposedHeaders.join(', ')] : [];

  const passOf = (origin: string): Pass => ({ pass: { answer: { ...none, add: [...allowed(origin), ...exposed] } } });
  const stranger: Pass = { pass: { answer: none } };
  // What a pattern stands for is not kept: those are as many as their senders like.
  const known = new Map(spec.origins.filter((origin) => allows(origin)).map((origin) => [origin, passOf(origin)]));

  function decide(request: RequestFacts): PolicyDecision {
    const origin = request.header('origin');
    const isAllowed = origin !== undefined && allows(origin);
    const method = request.method === 'OPTIONS' ? request.header('access-control-request-method') : undefined;
    if (origin !== undefined && method !== undefined) {
      return isAllowed
        ? preflight(spec, allowed(origin), { method, request })
        : { status: 204, headers: VARIES, body: '' };
    }
    return isAllowed ? (known.get(all ? '*' : origin) ?? passOf(origin)) : stranger;
  }

  return { name: 'cors', decide };
}

/** Of answers to preflights, for caches between. */
const VARIES = ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'];

function preflight(
  { methods, headers, maxAgeSeconds }: CorsSpec,
  allowed: readonly string[],
  asked: { method: string; request: RequestFacts },
): Reply {
  const wanted = asked.request.header('access-control-request-headers') ?? '';
  const allowedMethods = methods?.join(', ') ?? (METHOD.test(asked.method) ? asked.method : '');
  const allowedHeaders = headers?.join(', ') ?? (HEADER_LIST.test(wanted) ? wanted : '');
  return {
    status: 204,
    headers: [
      ...allowed,
      ...(allowedMethods === '' ? [] : ['access-control-allow-methods', allowedMethods]),
      ...(allowedHeaders === '' ? [] : ['access-control-allow-headers', allowedHeaders]),
      ...(maxAgeSeconds === undefined ? [] : ['access-control-max-age', String(maxAgeSeconds)]),
      ...VARIES,
    ],
    body: '',
  };
}

/** Origins as browsers write them: lower case, without a port that the scheme means anyway. */
function originMatcher(origins: readonly string[]): (origin: string) => boolean {
  if (origins.includes('*')) return () => true;
  const given = origins.map((origin) => origin.replace(DEFAULT_PORT, '$1$2'));
  const exact = new Set(given.filter((origin) => !origin.includes('*')));
  const below = given.filter((origin) => origin.includes('*')).map((origin) => origin.split('*'));
  const isBelow =
    (origin: string) =>
    ([before = '', after = '']: string[]) =>
      origin.length > before.length + after.length &&
      origin.startsWith(before) &&
      origin.endsWith(after) &&
      SUBDOMAIN.test(origin.slice(before.length, -after.length));
  return (origin) => exact.has(origin) || below.some(isBelow(origin));
}
