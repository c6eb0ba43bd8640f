/**
 * Headers that let nobody in where `ISSUER` signs for `AUDIENCE`, each with what is wrong with it. Longer than 250 lines: it is a table.
 */
import { createHmac } from 'node:crypto';
import {
  AUDIENCE,
  aToken,
  CLAIMS,
  encoded,
  ISSUER,
  jwkOf,
  KEYS,
  NOW,
  STRANGER,
  STRANGER_EC,
  type TokenParts,
} from './test-issuer.ts';

type Hostile = readonly [what: string, authorization: string];

const GOOD = aToken();
const [HEAD = '', PAYLOAD = '', SIGNATURE = ''] = GOOD.split('.');
const bearer = (what: string, token: string): Hostile => [what, `Bearer ${token}`];
const token = (what: string, parts: TokenParts): Hostile => bearer(what, aToken(parts));
const claims = (what: string, change: object): Hostile => token(what, { claims: { ...CLAIMS, ...change } });
const header = (what: string, change: object): Hostile =>
  token(what, { header: { alg: 'RS256', kid: 'rsa', ...change }, alg: 'RS256' });
const unsigned = (head: unknown, signature = ''): string => `${encoded(head)}.${PAYLOAD}.${signature}`;

/** Signed with what everyone knows: the public key, in the forms in which a library may take it for a secret. */
function confused(alg: string, kid: keyof typeof KEYS): Hostile[] {
  const { publicKey } = KEYS[kid];
  const secrets: [string, string | Buffer][] = [
    ['PEM', publicKey.export({ type: 'spki', format: 'pem' })],
    ['DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(publicKey.export({ format: 'jwk' }))],
    ['modulus', String((publicKey.export({ format: 'jwk' }) as { n?: string }).n)],
    ['nothing', ''],
  ];
  return secrets.map(([form, secret]) => {
    const signed = `${encoded({ alg, kid, typ: 'JWT' })}.${PAYLOAD}`;
    const hash = `sha${alg.slice(2)}`;
    return bearer(
      `${alg} by the public key as ${form}`,
      `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`,
    );
  });
}

const NO_ALGORITHM: Hostile[] = [
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    'none ',
    '',
    'null',
    'HS256',
    'HS384',
    'HS512',
    'RS1',
    'RS256K',
    'ES256K',
    'rs256',
    'Rs256',
  ].flatMap((alg) => [
    bearer(`alg ${alg} without a signature`, unsigned({ alg, kid: 'rsa' })),
    bearer(`alg ${alg} with the signature of another`, unsigned({ alg, kid: 'rsa' }, SIGNATURE)),
  ]),
  ...[undefined, null, 0, true, [], ['RS256'], {}, { alg: 'RS256' }].map((alg) =>
    bearer(`alg ${JSON.stringify(alg)}`, unsigned({ alg, kid: 'rsa' }, SIGNATURE)),
  ),
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty'].map((alg) =>
    bearer(`alg ${alg}`, unsigned({ alg, kid: 'rsa' }, SIGNATURE)),
  ),
  ...['HS256', 'HS384', 'HS512'].flatMap((alg) => confused(alg, 'rsa')),
  ...confused('HS256', 'p256'),
  ...['A128KW', 'dir', 'RSA-OAEP', 'ECDH-ES'].map((alg) =>
    bearer(`encrypted by ${alg}`, `${encoded({ alg, enc: 'A128GCM' })}.a.b.c.d`),
  ),
];

const OTHER_KEYS: Hostile[] = [
  token('signed by a stranger', { key: STRANGER.privateKey }),
  token('signed by a stranger that names no key', { header: { alg: 'RS256' }, key: STRANGER.privateKey }),
  token('signed by a stranger, with ES256', { header: { alg: 'ES256', kid: 'p256' }, key: STRANGER_EC.privateKey }),
  token('signed by a stranger that brings the key along', {
    header: { alg: 'RS256', kid: 'rsa', jwk: jwkOf(STRANGER.publicKey, { kid: 'rsa' }) },
    key: STRANGER.privateKey,
  }),
  ...['jku', 'x5u'].map((field) =>
    token(`signed by a stranger whose key is at an address in ${field}`, {
      header: { alg: 'RS256', kid: 'rsa', [field]: `${ISSUER}/jwks` },
      key: STRANGER.privateKey,
    }),
  ),
  token('signed by a stranger with a certificate chain', {
    header: { alg: 'RS256', kid: 'rsa', x5c: ['MIIB'], x5t: 'AAAA', 'x5t#S256': 'AAAA' },
    key: STRANGER.privateKey,
  }),
  ...[
    'unknown',
    '',
    '../rsa',
    '/dev/null',
    "rsa' OR '1'='1",
    'rsa\u0000',
    'RSA',
    ' rsa',
    'rsa ',
    '__proto__',
    'constructor',
    'é',
    'a'.repeat(257),
  ].map((kid) => header(`kid ${kid.slice(0, 20)}`, { kid })),
  ...[null, 7, true, ['rsa'], { rsa: 1 }].map((kid) => header(`kid ${JSON.stringify(kid)}`, { kid })),
  ...['ES256', 'ES384', 'EdDSA', 'ES512'].map((alg) =>
    token(`${alg} with the kid of a key for RSA`, { header: { alg, kid: 'rsa' } }),
  ),
  ...['RS256', 'PS256', 'EdDSA', 'ES384', 'ES512'].map((alg) =>
    token(`${alg} with the kid of a key for ES256`, { header: { alg, kid: 'p256' } }),
  ),
  ...['p384', 'p521', 'ed'].map((kid) => header(`RS256 with the kid ${kid}`, { kid })),
  token('RS512 that says RS256', { header: { alg: 'RS256', kid: 'rsa' }, alg: 'RS512' }),
  token('PS256 that says RS256', { header: { alg: 'RS256', kid: 'rsa' }, alg: 'PS256' }),
  token('RS256 that says PS256', { header: { alg: 'PS256', kid: 'rsa' }, alg: 'RS256' }),
];

/** 64 zero bytes are a signature that once passed for any key; r and s of zero, or of the order. */
const EC_SIGNATURES: Hostile[] = [
  Buffer.alloc(64),
  Buffer.alloc(0),
  Buffer.alloc(63),
  Buffer.alloc(65),
  Buffer.alloc(64, 0xff),
  Buffer.alloc(132),
].map((signature) =>
  bearer(
    `ES256 with ${signature.length} bytes of ${signature[0]}`,
    unsigned({ alg: 'ES256', kid: 'p256' }, signature.toString('base64url')),
  ),
);

const HEADERS: Hostile[] = [
  header('crit', { crit: ['exp'] }),
  header('crit that names what it does not have', { crit: ['b64'] }),
  header('an empty crit', { crit: [] }),
  header('crit null', { crit: null }),
  header('b64 false', { b64: false }),
  header('b64 false with crit', { b64: false, crit: ['b64'] }),
  ...[
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'JWE',
    'id',
    'application/logout+jwt',
    '',
    'at+jwt ',
    'kb+jwt',
    'oauth-authz-req+jwt',
  ].map((typ) => header(`typ ${typ}`, { typ })),
  ...[null, 1, ['JWT'], {}].map((typ) => header(`typ ${JSON.stringify(typ)}`, { typ })),
];

const TIMES: Hostile[] = [
  claims('expired', { exp: NOW - 31 }),
  claims('expired long ago', { exp: 1 }),
  claims('expires before there was time', { exp: -1 }),
  ...[undefined, null, String(NOW + 600), '', true, [NOW + 600], { at: NOW + 600 }].map((exp) =>
    claims(`exp ${JSON.stringify(exp)}`, { exp }),
  ),
  token('exp beyond all numbers', { claims: JSON.stringify(CLAIMS).replace(String(NOW + 600), '1e999') }),
  token('exp not a number', { claims: JSON.stringify(CLAIMS).replace(String(NOW + 600), 'NaN') }),
  claims('not yet', { nbf: NOW + 31 }),
  claims('nbf in milliseconds', { nbf: NOW * 1000 }),
  ...[null, '', String(NOW), true, {}].map((nbf) => claims(`nbf ${JSON.stringify(nbf)}`, { nbf })),
  claims('signed tomorrow', { iat: NOW + 86_400 }),
  claims('iat as text', { iat: String(NOW) }),
];

const NAMES: Hostile[] = [
  ...[
    ...[
      `${ISSUER}/`,
      `${ISSUER} `,
      ISSUER.toUpperCase(),
      'https://login.example.evil',
      'https://evil/login.example',
      'http://login.example',
      '',
    ],
    ...[undefined, null, [ISSUER], { iss: ISSUER }, 7, 'login.example', `${ISSUER}\u0000`, 'https://login.exаmple'],
  ].map((iss) => claims(`iss ${JSON.stringify(iss)}`, { iss })),
  ...[
    ...[
      undefined,
      null,
      '',
      'other',
      [],
      ['other'],
      AUDIENCE.toUpperCase(),
      `${AUDIENCE} `,
      `${AUDIENCE},other`,
      `other ${AUDIENCE}`,
      'sho',
      'shopp',
    ],
    ...[[[AUDIENCE]], { 0: AUDIENCE }, { [AUDIENCE]: true }, true, 0, '*', ['*'], [null]],
  ].map((aud) => claims(`aud ${JSON.stringify(aud)}`, { aud })),
  ...[undefined, null, '', 7, ['anna'], {}, 'a'.repeat(257)].map((sub) =>
    claims(`sub ${JSON.stringify(sub)?.slice(0, 20)}`, { sub }),
  ),
];

const MALFORMED: Hostile[] = [
  ...[
    '',
    '.',
    '..',
    '...',
    'a',
    'a.b',
    `${HEAD}.${PAYLOAD}`,
    `${HEAD}.${PAYLOAD}.`,
    `.${PAYLOAD}.${SIGNATURE}`,
    `${HEAD}..${SIGNATURE}`,
  ].map((text) => bearer(`parts: ${text.slice(0, 12)}`, text)),
  bearer('four parts', `${GOOD}.${SIGNATURE}`),
  bearer('five parts', `${GOOD}.a.b`),
  bearer('a dot behind', `${GOOD}.`),
  bearer('a dot before', `.${GOOD}`),
  bearer('padding', `${GOOD}=`),
  bearer('padding within', `${HEAD}==.${PAYLOAD}.${SIGNATURE}`),
  bearer('base64 of the other alphabet', `${HEAD}.${PAYLOAD}.+/${SIGNATURE.slice(2)}`),
  bearer('percent-encoded', encodeURIComponent(`${GOOD}%`)),
  bearer('a signature cut short', GOOD.slice(0, -10)),
  bearer('a signature with more behind', `${GOOD}AAAA`),
  bearer('bits behind the last byte of the signature', spare(GOOD)),
  bearer('a payload of another', `${HEAD}.${encoded({ ...CLAIMS, sub: 'root' })}.${SIGNATURE}`),
  bearer('a header of another', `${encoded({ alg: 'RS256', kid: 'rsa', typ: 'JWT' })}.${PAYLOAD}.${SIGNATURE}`),
  bearer('another case', GOOD.toLowerCase()),
  ...[
    'null',
    '[]',
    '7',
    '"text"',
    'true',
    '{',
    '',
    '{"alg":"RS256","kid":"rsa"',
    "{'alg':'RS256'}",
    '\ufeff{"alg":"RS256","kid":"rsa"}',
  ].map((text) => token(`header ${text}`, { header: text, alg: 'RS256' })),
  ...['null', '[]', '7', '"text"', '{', JSON.stringify([CLAIMS]), `\ufeff${JSON.stringify(CLAIMS)}`].map((text) =>
    token(`claims ${text.slice(0, 20)}`, { claims: text }),
  ),
  bearer(
    'claims that are no UTF-8',
    `${HEAD}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}.${SIGNATURE}`,
  ),
  token('claims of 64 KB', { claims: { ...CLAIMS, more: 'x'.repeat(65_536) } }),
  token('claims of 10 KB', { claims: { ...CLAIMS, more: 'x'.repeat(10_000) } }),
  token('a header of 10 KB', { header: { alg: 'RS256', kid: 'rsa', more: 'x'.repeat(10_000) } }),
  bearer('2 KB of dots', '.'.repeat(2_048)),
  bearer('JSON nested deeply', `${encoded(`${'['.repeat(3_000)}${']'.repeat(3_000)}`)}.${PAYLOAD}.${SIGNATURE}`),
  bearer('the JSON serialization', JSON.stringify({ payload: PAYLOAD, protected: HEAD, signature: SIGNATURE })),
];

/** The last character of a base64url text carries bits that no byte has. */
function spare(text: string): string {
  const last = text.at(-1) as string;
  return `${text.slice(0, -1)}${String.fromCharCode(last.charCodeAt(0) + 1)}`;
}

const FIELDS: Hostile[] = [
  ['a basic password', 'Basic YTpi'],
  ['no scheme', GOOD],
  ['a scheme alone', 'Bearer'],
  ['a scheme with a space', 'Bearer '],
  ['another scheme with a good token', `Token ${GOOD}`],
  ['a scheme that begins the same', `Bearers ${GOOD}`],
  ['DPoP', `DPoP ${GOOD}`],
  ['a colon', `Bearer: ${GOOD}`],
  ['two tokens', `Bearer ${GOOD} ${GOOD}`],
  ['two headers in one', `Bearer ${GOOD}, Bearer ${GOOD}`],
  ['a good one behind a bad one', `Bearer a.b.c, Bearer ${GOOD}`],
  ['quoted', `Bearer "${GOOD}"`],
  ['a parameter', `Bearer token=${GOOD}`],
  ['a comment behind', `Bearer ${GOOD};x=1`],
  ['a tab', `Bearer\t${GOOD}`],
  ['empty', ''],
];

export const HOSTILE_AUTHORIZATIONS: readonly Hostile[] = [
  ...NO_ALGORITHM,
  ...OTHER_KEYS,
  ...EC_SIGNATURES,
  ...HEADERS,
  ...TIMES,
  ...NAMES,
  ...MALFORMED,
  ...FIELDS,
];

/** Keys of an issuer by which no token is good, beside the parts of one that would be. */
export const HOSTILE_KEY_SETS: readonly (readonly [what: string, answer: unknown])[] = [
  ...[
    undefined,
    null,
    7,
    'text',
    [],
    {},
    { keys: null },
    { keys: {} },
    { keys: 'x' },
    { keys: [] },
    { keys: [null, 7, 'x', []] },
  ].map((answer) => [`an answer ${JSON.stringify(answer)}`, answer] as const),
  [
    'more keys than a set may have',
    { keys: Array.from({ length: 101 }, () => jwkOf(KEYS.rsa.publicKey, { kid: 'rsa' })) },
  ],
  ['a key for encryption', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', use: 'enc' })] }],
  ['a key that may not verify', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', key_ops: ['encrypt'] })] }],
  ['a key whose uses are no list', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', key_ops: 'verify' })] }],
  ['a key for another algorithm', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', alg: 'PS256' })] }],
  ['a key for HS256', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', alg: 'HS256' })] }],
  ['a key for none', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', alg: 'none' })] }],
  ['a secret key', { keys: [{ kty: 'oct', kid: 'rsa', k: encoded('secret') }] }],
  ['a private key, for everyone to sign with', { keys: [jwkOf(KEYS.rsa.privateKey, { kid: 'rsa' })] }],
  [
    'a key with a huge exponent',
    { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', e: Buffer.alloc(200, 0xff).toString('base64url') })] },
  ],
  ['a key with an exponent of one', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', e: 'AQ' })] }],
  [
    'a key with a huge modulus',
    { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', n: Buffer.alloc(2_000, 0xff).toString('base64url') })] },
  ],
  [
    'a key of 512 bits',
    { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', n: Buffer.alloc(64, 0xff).toString('base64url') })] },
  ],
  ['a key without numbers', { keys: [{ kty: 'RSA', kid: 'rsa', n: null, e: {} }] }],
  ['a point that is on no curve', { keys: [{ kty: 'EC', crv: 'P-256', kid: 'rsa', x: 'AAAA', y: 'AAAA' }] }],
  ['a key with a name that is none', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: ['rsa'] })] }],
  ['a key of another kind', { keys: [jwkOf(KEYS.ed.publicKey, { kid: 'rsa' })] }],
  ['a key of a stranger', { keys: [jwkOf(STRANGER.publicKey, { kid: 'rsa' })] }],
  ['a key with a text of 10 KB', { keys: [jwkOf(KEYS.rsa.publicKey, { kid: 'rsa', more: 'x'.repeat(10_000) })] }],
];

export { GOOD as GOOD_TOKEN };
