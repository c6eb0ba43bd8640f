import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GOOD_TOKEN, HOSTILE_AUTHORIZATIONS } from '../../testing/hostile-tokens.ts';
import { AUDIENCE, aToken, CLAIMS, STRANGER, TestIssuer } from '../../testing/test-issuer.ts';
import type { RequestFacts } from '../policy.ts';
import { serviceAccounts } from './service-accounts.ts';

const ROBOT = { ...CLAIMS, sub: 'system:serviceaccount:shop:robot' };
const ACCOUNTS = { accounts: [{ namespace: 'shop', name: 'robot' }], audiences: [AUDIENCE] };

function aWay(issuer = new TestIssuer()) {
  const way = serviceAccounts(ACCOUNTS, issuer.checks);
  const judge = async (authorization: string) => {
    const request = { header: (name: string) => (name === 'authorization' ? authorization : undefined) };
    const judged = await way.judge(request as RequestFacts);
    return 'denied' in judged ? judged.denied : judged.caller?.name;
  };
  return { way, judge, issuer };
}

test('a token of one of the accounts is good; another account of the cluster is known and may not', async () => {
  const { judge } = aWay();
  assert.equal(await judge(`Bearer ${aToken({ claims: ROBOT })}`), ROBOT.sub);
  for (const sub of [
    'system:serviceaccount:shop:robot2',
    'system:serviceaccount:shop2:robot',
    'robot',
    'system:serviceaccount:shop',
  ])
    assert.equal(await judge(`Bearer ${aToken({ claims: { ...ROBOT, sub } })}`), 'forbidden', sub);
});

test('of another issuer, audience or signer it is none, also as the first that ever comes', async () => {
  const wrong = [
    aToken({ claims: { ...ROBOT, iss: 'https://other.example' } }),
    aToken({ claims: { ...ROBOT, iss: undefined } }),
    aToken({ claims: { ...ROBOT, aud: ['https://kubernetes.default.svc'] } }),
    aToken({ claims: { ...ROBOT, exp: undefined } }),
    aToken({ claims: ROBOT, key: STRANGER.privateKey }),
  ];
  for (const token of wrong) assert.equal(await aWay().judge(`Bearer ${token}`), 'invalid');
});

test('none of the hostile headers lets anybody in, and a good token does after all of them', async () => {
  const { judge } = aWay();
  for (const [what, authorization] of HOSTILE_AUTHORIZATIONS)
    assert.match(String(await judge(authorization)), /^(absent|invalid)$/, what);
  assert.equal(await judge(`Bearer ${GOOD_TOKEN}`), 'forbidden');
  assert.equal(await judge(`Bearer ${aToken({ claims: ROBOT })}`), ROBOT.sub);
});

test('without an answer of the API server nobody comes in', async () => {
  const { judge, issuer } = aWay();
  issuer.answer = undefined;
  assert.equal(await judge(`Bearer ${aToken({ claims: ROBOT })}`), 'invalid');
});
