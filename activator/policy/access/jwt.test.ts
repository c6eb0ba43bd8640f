import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JwtSpec } from '#api/rules/jwt-fault.ts';
import { GOOD_TOKEN, HOSTILE_AUTHORIZATIONS, HOSTILE_KEY_SETS } from '../../testing/hostile-tokens.ts';
import {
  AUDIENCE,
  aToken,
  CLAIMS,
  ISSUER,
  jwkOf,
  KEYS,
  KID_OF,
  keySet,
  NOW,
  TestIssuer,
} from '../../testing/test-issuer.ts';
import type { RequestFacts } from '../policy.ts';
import { jwt } from './jwt.ts';
import type { Admission, Denial } from './way-in.ts';

const SPEC: JwtSpec = { issuer: ISSUER, audiences: [AUDIENCE, 'other-shop'] };

const asking = (authorization: string | undefined): RequestFacts =>
  ({ header: (name: string) => (name === 'authorization' ? authorization : undefined) }) as RequestFacts;

/** Whose it is, or why not. */
function outcome(judged: Admission | Denial): string {
  return 'denied' in judged ? `${judged.denied}: ${judged.why}` : String(judged.caller?.name);
}

function aWay(given: Partial<JwtSpec> = {}, issuer = new TestIssuer()) {
  const way = jwt({ ...SPEC, ...given }, 'default', issuer.checks);
  const judge = async (token: string) => outcome(await way.judge(asking(`Bearer ${token}`)));
  return { way, issuer, judge };
}

test('a token of each algorithm is good, by the key that is for it', async () => {
  const { judge } = aWay();
  for (const [alg, kid] of Object.entries(KID_OF))
    assert.equal(await judge(aToken({ header: { alg, kid } })), 'anna', alg);
  assert.equal(await judge(aToken({ header: { alg: 'RS256', kid: 'rsa', typ: 'at+JWT' } })), 'anna');
  assert.equal(await judge(aToken({ claims: { ...CLAIMS, aud: 'other-shop', exp: NOW - 29, nbf: NOW + 29 } })), 'anna');
});

test('none of these headers lets anybody in, and between them a good token does', async (t) => {
  assert.ok(HOSTILE_AUTHORIZATIONS.length >= 150, String(HOSTILE_AUTHORIZATIONS.length));
  const { way, judge } = aWay();
  for (const [what, authorization] of HOSTILE_AUTHORIZATIONS) {
    const judged = await way.judge(asking(authorization));
    assert.ok('denied' in judged, what);
    assert.ok(judged.denied !== 'forbidden', what);
    assert.match(judged.challenge ?? '', /^Bearer( error="invalid_token")?$/, what);
    assert.ok(judged.why.length < 200, what);
    assert.equal(await judge(GOOD_TOKEN), 'anna', `after: ${what}`);
  }
  t.diagnostic(`${HOSTILE_AUTHORIZATIONS.length} headers`);
});

test('by none of these key sets a token is good', async () => {
  for (const [what, answer] of HOSTILE_KEY_SETS) {
    const { judge, issuer } = aWay();
    issuer.answer = answer;
    for (const alg of ['RS256', 'ES256'])
      assert.match(await judge(aToken({ header: { alg, kid: 'rsa' } })), /^invalid: /, what);
    assert.match(await judge(aToken({ header: { alg: 'RS256' } })), /^invalid: /, what);
  }
});

test('an issuer that does not answer lets nobody in, whatever the token says; once it answers the next does', async () => {
  const { judge, issuer } = aWay();
  issuer.answer = undefined;
  assert.equal(await judge(GOOD_TOKEN), 'invalid: there are no keys of its issuer: login.example cannot be asked');
  issuer.answer = keySet();
  assert.match(await judge(GOOD_TOKEN), /^invalid/, 'it is not asked again at once');
  issuer.nowSeconds += 5;
  assert.equal(await judge(GOOD_TOKEN), 'anna');
  assert.equal(issuer.asked, 2);
});

test('keys that an issuer rotated are taken up with the first token by a new one, and those that are gone are not believed', async () => {
  const { judge, issuer } = aWay();
  const old = aToken({ claims: { ...CLAIMS, exp: NOW + 9_000 } });
  assert.equal(await judge(old), 'anna');
  issuer.answer = { keys: [jwkOf(KEYS.p256.publicKey, { kid: 'new' })] };
  assert.equal(await judge(aToken({ header: { alg: 'ES256', kid: 'new' } })), 'anna');
  assert.match(await judge(old), /a key that its issuer does not have/);
});

test('while an issuer is away its keys are used, for a day', async () => {
  const { judge, issuer } = aWay();
  const long = aToken({ claims: { ...CLAIMS, exp: NOW + 200_000 } });
  assert.equal(await judge(long), 'anna');
  issuer.answer = undefined;
  for (const hours of [1, 10, 12]) {
    issuer.nowSeconds += hours * 3_600;
    assert.equal(await judge(long), 'anna');
  }
  issuer.nowSeconds += 2 * 3_600;
  assert.match(await judge(long), /there are no keys/);
});

test('tokens by keys that are not there make the issuer be asked three times at once, then twice a minute', async () => {
  const { judge, issuer } = aWay();
  for (let i = 0; i < 200; i += 1) {
    await judge(aToken({ header: { alg: 'RS256', kid: `k${i}` } }));
    issuer.nowSeconds += 1;
  }
  assert.ok(issuer.asked >= 8 && issuer.asked <= 10, String(issuer.asked));
});

test('a token is looked at once while it is believed, which ends with it', async () => {
  const { way, judge, issuer } = aWay();
  assert.ok(way.judge(asking(`Bearer ${GOOD_TOKEN}`)) instanceof Promise);
  await judge(GOOD_TOKEN);
  const first = way.judge(asking(`Bearer ${GOOD_TOKEN}`));
  assert.ok(!(first instanceof Promise));
  assert.equal(first, way.judge(asking(`Bearer ${GOOD_TOKEN}`)), 'the same admission');
  issuer.nowSeconds = NOW + 629;
  assert.equal(await judge(GOOD_TOKEN), 'anna');
  issuer.nowSeconds = NOW + 630;
  assert.match(await judge(GOOD_TOKEN), /expired/);
});

test('what is asked for beside is asked for of every token: 403 that names the caller to the log', async () => {
  const { way, judge } = aWay({
    scopes: ['read', 'write'],
    claims: { '/realm/roles': ['admin', 'owner'], level: ['3'] },
  });
  const good = { ...CLAIMS, scope: 'write read', realm: { roles: ['user', 'owner'] }, level: 3 };
  assert.equal(await judge(aToken({ claims: good })), 'anna');
  assert.equal(await judge(aToken({ claims: { ...good, scope: undefined, scp: ['read', 'write'] } })), 'anna');
  const lacking = [
    { scope: 'read' },
    { scope: 'readwrite' },
    { realm: { roles: ['Admin'] } },
    { realm: 'admin' },
    { level: [4] },
    { level: null },
  ];
  for (const change of lacking) {
    const token = aToken({ claims: { ...good, ...change } });
    const judged = await way.judge(asking(`Bearer ${token}`));
    assert.ok('denied' in judged && judged.denied === 'forbidden', JSON.stringify(change));
    assert.deepEqual(
      [judged.caller?.name, judged.challenge],
      ['anna', 'Bearer error="insufficient_scope", scope="read write"'],
    );
  }
});

test('claims reach the function in headers as text that can stand there, and the token does not', async () => {
  const forward = {
    'X-User': 'sub',
    'X-Groups': '/realm/groups',
    'X-Odd': 'odd',
    'X-Object': 'realm',
    'X-Long': 'long',
    'X-Not': 'toString',
  };
  const { way } = aWay({ forward });
  const claims = {
    ...CLAIMS,
    sub: 'ännä b',
    realm: { groups: ['a,b', 'c'] },
    odd: 'x\r\nset: y\u0000%',
    long: 'x'.repeat(2_000),
  };
  const judged = await way.judge(asking(`Bearer ${aToken({ claims })}`));
  assert.ok(!('denied' in judged));
  assert.deepEqual(judged.given, [
    ...['x-user', '%C3%A4nn%C3%A4%20b', 'x-groups', 'a%2Cb,c', 'x-odd', 'x%0D%0Aset:%20y%00%25'],
  ]);
  const names = ['x-user', 'x-groups', 'x-odd', 'x-object', 'x-long', 'x-not'];
  assert.deepEqual(way.withheld, ['authorization', ...names]);
});

test('a namespace may name so many issuers; others are not asked, and another namespace is', async () => {
  const issuer = new TestIssuer();
  const of = (i: number, namespace = 'a') => {
    const name = `https://issuer-${i}.example`;
    const way = jwt({ ...SPEC, issuer: name }, namespace, issuer.checks);
    return way.judge(asking(`Bearer ${aToken({ claims: { ...CLAIMS, iss: name } })}`));
  };
  for (let i = 0; i < 32; i += 1) assert.equal(outcome(await of(i)), 'anna');
  assert.match(outcome(await of(32)), /too many issuers/);
  assert.equal(outcome(await of(32, 'b')), 'anna');
});

test('a first check of a token takes less than a millisecond of processor time', async (t) => {
  const { judge } = aWay();
  await judge(GOOD_TOKEN);
  const tokens = Array.from({ length: 200 }, (_, i) =>
    aToken({
      header: { alg: i % 2 === 0 ? 'ES256' : 'RS256', kid: i % 2 === 0 ? 'p256' : 'rsa' },
      claims: { ...CLAIMS, jti: String(i) },
    }),
  );
  const before = process.cpuUsage();
  for (const token of tokens) assert.equal(await judge(token), 'anna');
  const { user, system } = process.cpuUsage(before);
  const each = (user + system) / tokens.length / 1000;
  t.diagnostic(`${each.toFixed(3)} ms`);
  assert.ok(each < 1, `${each} ms`);
});
