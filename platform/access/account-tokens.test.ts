import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountTokens } from './account-tokens.ts';
import type { ClaimRules } from './jwt.ts';
import type { Verdict } from './token-verifier.ts';

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const OWN = `${encoded({ alg: 'ES256' })}.${encoded({ iss: 'https://issuer' })}.AAAA`;
const SUBJECT = 'system:serviceaccount:catnap:gateway';

/** What the verifier was asked. */
interface Scene {
  tokens: AccountTokens;
  asked: { token: string; rules: ClaimRules }[];
  clock: { nowMs: number };
  answer: { verdict: Verdict };
}

function scene(ownToken: () => Promise<string> = async () => OWN): Scene {
  const asked: Scene['asked'] = [];
  const clock = { nowMs: 1_000_000 };
  const answer: Scene['answer'] = { verdict: { claims: { exp: 1_100 } } };
  const verify = async (token: string, rules: ClaimRules) => {
    asked.push({ token, rules });
    return answer.verdict;
  };
  const nowMs = () => clock.nowMs;
  const tokens = new AccountTokens({ verifier: { verify }, ownToken, subject: SUBJECT, audience: 'ours', nowMs });
  return { tokens, asked, clock, answer };
}

test('a token of the account, by the issuer of the own one and for the audience, is good', async () => {
  const { tokens, asked } = scene();
  assert.equal(await tokens.check('Bearer abc'), 'good');
  const rules = { issuer: 'https://issuer', subject: SUBJECT, audience: 'ours' };
  assert.deepEqual(asked, [{ token: 'abc', rules }]);
});

test('one that was good is not verified again until it ends', async () => {
  const { tokens, asked, clock, answer } = scene();
  await tokens.check('Bearer abc');
  clock.nowMs = 1_099_999;
  assert.equal(await tokens.check('bearer abc'), 'good');
  assert.equal(asked.length, 1);
  clock.nowMs = 1_100_000;
  answer.verdict = { fault: 'claims', detail: 'exp' };
  assert.equal(await tokens.check('Bearer abc'), 'bad');
  assert.equal(asked.length, 2);
});

test('one that lasts is verified again after ten minutes: its key may have been taken back', async () => {
  const { tokens, asked, clock, answer } = scene();
  answer.verdict = { claims: { exp: 1_000_000 } };
  await tokens.check('Bearer abc');
  clock.nowMs += 599_999;
  await tokens.check('Bearer abc');
  clock.nowMs += 1;
  await tokens.check('Bearer abc');
  assert.equal(asked.length, 2);
});

test('what is bad is verified each time, and what is no bearer token never', async () => {
  const { tokens, asked, answer } = scene();
  answer.verdict = { fault: 'signature' };
  assert.deepEqual([await tokens.check('Bearer abc'), await tokens.check('Bearer abc')], ['bad', 'bad']);
  assert.equal(asked.length, 2);
  for (const field of [undefined, '', 'Bearer', 'Bearer a b', 'Basic abc', `Bearer ${'a'.repeat(8_193)}`, 'Bearer ä'])
    assert.equal(await tokens.check(field), 'bad', String(field));
  assert.equal(asked.length, 2);
});

test('without keys, without an own token or with one that is none it cannot be told', async () => {
  const { tokens, answer } = scene();
  answer.verdict = { fault: 'keys' };
  assert.equal(await tokens.check('Bearer abc'), 'unavailable');
  const failing = scene(() => Promise.reject(new Error('no file')));
  assert.equal(await failing.tokens.check('Bearer abc'), 'unavailable');
  assert.equal(await scene(async () => 'none').tokens.check('Bearer abc'), 'unavailable');
});

test('no more than 256 are remembered, the latest ones', async () => {
  const { tokens, asked } = scene();
  for (let i = 0; i < 257; i += 1) await tokens.check(`Bearer t${i}`);
  await tokens.check('Bearer t256');
  assert.equal(asked.length, 257);
  await tokens.check('Bearer t0');
  assert.equal(asked.length, 258);
});
