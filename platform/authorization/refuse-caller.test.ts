import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../process/log.ts';
import { TooManyReviews, type Verdict } from './access-verdicts.ts';
import { refusalOfCaller } from './refuse-caller.ts';

const log = createLog({ service: 't', level: 'silent' });
const attributes = { namespace: 'shop', verb: 'update', group: 'catnap.dev', resource: 'functions', name: 'orders' };

function refused(shown: string | undefined, verdict: () => Promise<Verdict>) {
  return refusalOfCaller({ verdict }, { shown, header: 'x-token', attributes }, log);
}

test('a token that the API server lets do it is not refused', async () => {
  assert.equal(await refused('Bearer abc.d-e_f', async () => 'allowed'), undefined);
});

test('what is no token is not asked about', async () => {
  const asked = () => assert.fail('it was asked about');
  for (const shown of [undefined, '', 'abc', 'Basic abc', 'Bearer ', 'Bearer a b', `Bearer ${'x'.repeat(8_193)}`])
    assert.equal((await refused(shown, asked))?.status, 401, String(shown));
});

test('a refusal says what may not be done, and to try again where the API server has not said', async () => {
  const forbidden = await refused('Bearer a', async () => 'forbidden');
  assert.deepEqual(forbidden, {
    status: 403,
    error: 'Forbidden',
    message: 'this token may not update functions.catnap.dev orders in namespace shop',
  });
  assert.equal((await refused('Bearer a', async () => 'unknown-token'))?.status, 401);
  for (const error of [new Error('away'), new TooManyReviews('many')]) {
    const unsaid = await refused('Bearer a', () => Promise.reject(error));
    assert.deepEqual([unsaid?.status, unsaid?.retryAfterSeconds], [503, 2]);
  }
});
