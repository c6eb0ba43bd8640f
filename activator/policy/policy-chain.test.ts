import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { Policy, PolicyDecision, RequestFacts } from './policy.ts';
import { PolicyChain } from './policy-chain.ts';

const REQUEST: RequestFacts = {
  method: 'GET',
  host: 'hello.example',
  path: '/',
  askedPath: '/',
  protocol: 'http',
  clientAddress: '192.0.2.1',
  certificate: undefined,
  isUpgrade: false,
  header: () => undefined,
};
const FORBIDDEN: GatewayError = { code: 'Forbidden', message: 'no' };

const that = (name: Policy['name'], decide: Policy['decide']): Policy => ({ name, decide });
const clock = new TestClock();

function aChain(...policies: Policy[]) {
  const counted: string[] = [];
  const chain = new PolicyChain(policies, {
    after: (delayMs, callback) => clock.after(delayMs, callback),
    decided: (policy, outcome) => counted.push(`${policy} ${outcome}`),
  });
  return { chain, counted };
}

test('without a policy that has to wait there is no promise, and the first that answers ends it', () => {
  const { chain, counted } = aChain(
    that('addresses', () => 'continue'),
    that('httpsOnly', () => FORBIDDEN),
    that('spec', () => assert.fail('not asked')),
  );
  const judged = chain.judge(REQUEST);
  assert.ok(!(judged instanceof Promise));
  assert.deepEqual([judged.decision, judged.by], [FORBIDDEN, 'httpsOnly']);
  assert.deepEqual(counted, ['addresses passed', 'httpsOnly refused']);
});

test('what policies make of a request adds up, and later ones see who asks', async () => {
  const caller = { way: 'apiKey', name: 'ci' };
  const { chain } = aChain(
    that('addresses', async () => ({ pass: { caller, withheld: ['x-api-key'], given: ['x-user', 'ci'] } })),
    that('httpsOnly', (_, found) => ({
      pass: { given: ['x-seen', found.caller?.name ?? 'none'], withheld: ['x-user'] },
    })),
  );
  const judged = await chain.judge(REQUEST);
  assert.equal(judged.decision, 'continue');
  assert.deepEqual(judged.caller, caller);
  assert.deepEqual(judged.withheld, ['x-api-key', 'x-user']);
  assert.deepEqual(judged.given, ['x-user', 'ci', 'x-seen', 'ci']);
});

test('a decision that does not come in time is a refusal, and nothing of it is left', async () => {
  const { chain, counted } = aChain(that('addresses', () => new Promise<PolicyDecision>(() => undefined)));
  const judged = chain.judge(REQUEST);
  clock.advance(10_000);
  assert.deepEqual((await judged).decision, {
    code: 'GatewayUnavailable',
    message: 'what the policies ask for did not come in time',
  });
  assert.deepEqual(counted, ['addresses failed']);
});

test('what throws is never passed', async () => {
  const failing = aChain(that('addresses', () => Promise.reject(new Error('for a test'))));
  await assert.rejects(async () => failing.chain.judge(REQUEST), /for a test/);
  assert.deepEqual(failing.counted, ['addresses failed']);
});

test('so many wait for decisions at once and no more', async () => {
  const later = Promise.withResolvers<PolicyDecision>();
  const { chain } = aChain(that('addresses', () => later.promise));
  const waiting = Array.from({ length: 500 }, () => chain.judge(REQUEST));
  const { decision } = await chain.judge(REQUEST);
  assert.ok(typeof decision === 'object' && 'code' in decision && decision.code === 'GatewayBusy');
  later.resolve('continue');
  assert.deepEqual(new Set((await Promise.all(waiting)).map((one) => one.decision)), new Set(['continue']));
  assert.equal((await chain.judge(REQUEST)).decision, 'continue');
});

test('a decision that throws is counted as failed, at once or later', async () => {
  const thrown = new Error('no such thing');
  const { chain, counted } = aChain(
    that('cors', () => {
      throw thrown;
    }),
  );
  assert.throws(() => chain.judge(REQUEST), thrown);
  const later = aChain(that('access', async () => Promise.reject(thrown)));
  await assert.rejects(async () => await later.chain.judge(REQUEST), thrown);
  assert.deepEqual([counted, later.counted], [['cors failed'], ['access failed']]);
});
