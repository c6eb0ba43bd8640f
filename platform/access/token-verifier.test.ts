import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { KeySet } from './key-set.ts';
import { TokenVerifier } from './token-verifier.ts';

const NOW = 1_800_000_000;
const RULES = { issuer: 'https://issuer', audience: 'catnap', subject: 'system:serviceaccount:a:robot' };
const GOOD = { iss: RULES.issuer, aud: [RULES.audience], sub: RULES.subject, exp: NOW + 600, nbf: NOW, iat: NOW };
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' });
const KEYS = { keys: [jwk(EC.publicKey, 'ec'), jwk(RSA.publicKey, 'rsa')] };

function token(claims: object, header: object = { alg: 'ES256', kid: 'ec' }, key: KeyObject = EC.privateKey): string {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

async function verdict(text: string, keys: unknown = KEYS): Promise<string> {
  const set = new KeySet({ load: async () => keys, nowMs: () => 0 });
  const found = await new TokenVerifier(set, () => NOW).verify(text, RULES);
  return 'fault' in found ? `${found.fault} ${found.detail ?? ''}`.trim() : 'good';
}

test('a token of the account, for the audience, in its time and by a known key is good', async () => {
  assert.equal(await verdict(token(GOOD)), 'good');
  assert.equal(await verdict(token({ ...GOOD, aud: RULES.audience })), 'good');
  assert.equal(await verdict(token(GOOD, { alg: 'RS256', kid: 'rsa' }, RSA.privateKey)), 'good');
});

test('a claim that is wrong, of another type or missing is named', async () => {
  const wrong: [object, string][] = [
    [{ iss: 'https://other' }, 'iss'],
    [{ aud: ['other'] }, 'aud'],
    [{ aud: undefined }, 'aud'],
    [{ sub: 'system:serviceaccount:a:other' }, 'sub'],
    [{ exp: NOW - 61 }, 'exp'],
    [{ exp: String(NOW + 600) }, 'exp'],
    [{ exp: undefined }, 'exp'],
    [{ nbf: NOW + 61 }, 'nbf'],
  ];
  for (const [change, claim] of wrong) assert.equal(await verdict(token({ ...GOOD, ...change })), `claims ${claim}`);
});

test('a signature of another key, of none, or by a check that the token chose itself is refused', async () => {
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  assert.equal(await verdict(token(GOOD, { alg: 'ES256', kid: 'ec' }, stranger)), 'signature');
  assert.equal(await verdict(token(GOOD, { alg: 'ES256', kid: 'other' })), 'key other');
  assert.equal(await verdict(token(GOOD, { alg: 'RS256', kid: 'ec' })), 'signature');
  const [header, payload] = token(GOOD).split('.');
  for (const alg of ['none', 'HS256', 'constructor']) {
    assert.equal(await verdict(`${encoded({ alg, kid: 'ec' })}.${payload}.AAAA`), 'signature');
  }
  assert.equal(
    await verdict(`${header}.${encoded({ ...GOOD, exp: NOW + 9_999 })}.${token(GOOD).split('.')[2]}`),
    'signature',
  );
});

test('what is no token is refused before anything is looked up', async () => {
  const long = `${'a'.repeat(9_000)}.b.c`;
  const critical = token(GOOD, { alg: 'ES256', kid: 'ec', crit: ['exp'] });
  for (const text of ['', 'a.b', 'a.b.c.d', '....', 'é.é.é', 'bnVsbA.bnVsbA.AAAA', long, critical, `${token(GOOD)}=`]) {
    assert.equal(await verdict(text), 'malformed', text.slice(0, 20));
  }
});

test('keys that are not understood are left out, an answer that is no key set is none', async () => {
  const odd = [null, 7, { kty: 'AKP', kid: 'new' }, { kty: 'oct', kid: 'ec', k: 'AAAA' }];
  assert.equal(await verdict(token(GOOD), { keys: [...odd, ...KEYS.keys] }), 'good');
  for (const answer of [null, 'text', {}, { keys: 'none' }]) assert.equal(await verdict(token(GOOD), answer), 'keys');
});

test('a key that is not known is asked for at most each ten seconds; the keys stay while there is no answer', async () => {
  let nowMs = 0;
  let calls = 0;
  let answer: unknown = { keys: [] };
  const load = async () => {
    calls += 1;
    if (answer === undefined) throw new Error('down');
    return answer;
  };
  const keys = new KeySet({ load, nowMs: () => nowMs });
  assert.deepEqual(await Promise.all([keys.find('ec'), keys.find('ec')]), ['unknown', 'unknown']);
  answer = KEYS;
  assert.equal(await keys.find('ec'), 'unknown');
  assert.equal(calls, 1);
  nowMs = 10_000;
  assert.notEqual(await keys.find('ec'), 'unknown');
  answer = undefined;
  nowMs = 4_000_000;
  assert.equal(typeof (await keys.find('ec')), 'object');
  assert.equal(calls, 3);
  answer = { keys: [] };
  nowMs = 5_000_000;
  assert.equal(await keys.find('ec'), 'unknown', 'a key that was taken back is good no longer than an hour');
});

test('without any answer the keys are not available', async () => {
  const keys = new KeySet({ load: () => Promise.reject(new Error('down')), nowMs: () => 0 });
  assert.equal(await keys.find('ec'), 'unavailable');
});
