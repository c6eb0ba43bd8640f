import type { Chance } from './chance.ts';
import { oddWord } from './words.ts';

type Json = Record<string, unknown>;

/** Some that the schema takes and that mean nothing are among them. */
const NETWORKS = [
  ...['10.0.0.0/8', '127.0.0.1', '0.0.0.0/0', '::/0', '2001:db8::/32', '::ffff:10.0.0.0/104', '::1'],
  ...['10.0.0.0/33', '10.0.0.256', '1:2:3', '::1::', ':', '::/129', '::.', 'fe80::1%eth0', '', '/', '0/0', 7, null, []],
];

/** As the schema has them; to the rules of addresses half of them are none. */
const SHAPED = [
  '10.0.0.0/8',
  '127.0.0.1',
  '0.0.0.0/0',
  '::/0',
  '2001:db8::/32',
  '1:2:3',
  '::1::',
  ':',
  '1::2::3',
  '::ffff:1.2',
];

const networks = (chance: Chance) => {
  const shaped = chance.yes(0.5);
  const count = chance.of([1, 2, 256, shaped ? 3 : 257]);
  return chance.some(1, count, () => (shaped ? chance.of(SHAPED) : chance.of([...NETWORKS, oddWord(chance)])));
};

const DIGEST = 'a'.repeat(64);

function tokens(chance: Chance): Json {
  const names = () => chance.of(['role', '/a/b', '/', '~', '__proto__', '', oddWord(chance)]);
  const headers = () =>
    chance.of(['X-User', 'x-user', 'Cookie', 'Authorization', 'X-Catnap-Caller-Name', oddWord(chance)]);
  const record = (name: () => string, value: () => unknown) =>
    Object.fromEntries(chance.some(0, chance.of([2, 16, 17]), () => [name(), value()]));
  return {
    issuer: chance.of([
      'https://a.example',
      'https://a.example/',
      'http://a.example',
      'https://',
      'https://[',
      'x',
      null,
    ]),
    audiences: chance.some(0, chance.of([1, 16, 17]), () => chance.of(['a', 'b', '', 7, oddWord(chance)])),
    ...(chance.yes(0.3) && {
      jwksUri: chance.of(['https://a.example/keys?a=b', 'file:///etc/passwd', 'https://a:b@c']),
    }),
    ...(chance.yes(0.3) && { claims: record(names, () => chance.of([['x'], [], 'x', [7], null])) }),
    ...(chance.yes(0.3) && { scopes: chance.some(0, 3, () => chance.of(['read', 'a b', '"', ''])) }),
    ...(chance.yes(0.3) && { forward: record(headers, names) }),
  };
}

function certificates(chance: Chance): Json {
  const names = () =>
    chance.of(['a.example', 'A.example', '*.a.example', 'a..b', '__proto__', '', 7, null, oddWord(chance)]);
  const uris = () =>
    chance.of(['spiffe://a/b', 'urn:x', 'a.example', 'spiffe://a/b, URI:c', ':', null, oddWord(chance)]);
  return {
    ...(chance.yes(0.7) && { dnsNames: chance.some(0, chance.of([1, 64, 65]), names) }),
    ...(chance.yes(0.7) && { uris: chance.some(0, chance.of([1, 64, 65]), uris) }),
  };
}

function wayIn(chance: Chance): Json {
  const apiKey = (i: number) => ({
    name: chance.of(['ci', `key-${i}`, `key-${i}`, oddWord(chance)]),
    sha256: chance.of([DIGEST, String(i).padStart(64, '0'), 'A'.repeat(64), '']),
    ...(chance.yes(0.3) && { expires: chance.of(['2030-01-01T00:00:00Z', '2030', 'never', '9'.repeat(40), null]) }),
  });
  return chance.oneOf<Json>(
    () => ({ apiKeys: chance.some(1, chance.of([1, 3, 256, 257]), apiKey) }),
    () => ({
      apiKeys: chance.some(1, 2, apiKey),
      header: chance.of(['X-Key', 'Cookie', 'host', '__proto__', oddWord(chance)]),
    }),
    () => ({
      public: chance.some(0, 3, () => chance.of(['/', '/a', '/a/', '/a/../b', '//', '/%2e', 'a', oddWord(chance)])),
    }),
    () => ({ jwt: tokens(chance) }),
    () => ({ clientCertificate: certificates(chance) }),
    () => ({ public: ['/a'], apiKeys: chance.some(1, 2, apiKey) }),
    () => ({ header: 'X-Key' }),
    () => ({}),
  );
}

function crossOrigin(chance: Chance): Json {
  const origins = [
    '*',
    'https://a.example',
    'https://*.a.example',
    'https://*.com',
    'null',
    'https://a.example/',
    'x://y',
    '',
  ];
  const names = () =>
    chance.some(0, chance.of([2, 64, 65]), () => chance.of(['X-A', 'PUT', '*', 'a b', '', oddWord(chance)]));
  return {
    origins: chance.some(0, chance.of([1, 3, 65]), () => chance.of([...origins, oddWord(chance)])),
    ...(chance.yes(0.3) && { methods: names() }),
    ...(chance.yes(0.3) && { headers: names(), exposedHeaders: names() }),
    ...(chance.yes(0.3) && { credentials: chance.of([true, false, null, 'x']) }),
    ...(chance.yes(0.3) && { maxAgeSeconds: chance.of([0, 1, 86_400, -1, 86_401, 1.5, null]) }),
  };
}

const limit = (chance: Chance): Json => ({
  requests: chance.of([1, 5, 1_000_000, 1_000_001, 0, -1, 0.5, null, '5']),
  seconds: chance.of([1, 60, 86_400, 86_401, 0, 1e308, null]),
  ...(chance.yes(0.3) && { burst: chance.of([1, 100, 0, 1e9, null]) }),
  ...(chance.yes(0.8) && { by: chance.of(['Function', 'Client', 'Caller', 'Header', 'Claim', 'client', null, {}]) }),
  ...(chance.yes(0.3) && { header: chance.of(['X-Tenant', '__proto__', 'a b', '', oddWord(chance)]) }),
  ...(chance.yes(0.3) && { claim: chance.of(['org', '__proto__', '', oddWord(chance)]) }),
  ...(chance.yes(0.3) && { name: chance.of(['a', 'client', 'A', '', 'n'.repeat(64), oddWord(chance)]) }),
});

/** Edge rules, good and odd. */
export function generatePolicies(chance: Chance): Json {
  return chance.oneOf<Json>(
    () => ({ httpsOnly: chance.of([true, false, null, 'true', 1]) }),
    () => ({ allowFrom: networks(chance) }),
    () => ({ denyFrom: networks(chance) }),
    () => ({ httpsOnly: true, allowFrom: networks(chance), denyFrom: networks(chance) }),
    () => ({ allowFrom: chance.of([null, {}, 'x', [[]]]) }),
    () => ({ access: chance.some(0, chance.of([1, 2, 16, 17]), () => wayIn(chance)) }),
    () => ({ cors: crossOrigin(chance) }),
    () => ({ rateLimits: chance.some(0, chance.of([1, 2, 8, 9]), () => limit(chance)) }),
    () => ({ rateLimits: chance.of([null, {}, 'x', [null], [[]]]) }),
    () => ({ access: chance.of([null, {}, 'x', [null], [[]]]) }),
  );
}
