import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogAccess, TooManyReviews, type Verdict } from './log-access.ts';

function anAccess(review: (token: string, namespace: string) => Promise<Verdict>) {
  const asked: string[] = [];
  const clock = { nowMs: 0 };
  const access = new LogAccess({
    review: (token, namespace) => {
      asked.push(`${token} ${namespace}`);
      return review(token, namespace);
    },
    now: () => clock.nowMs,
  });
  return { access, asked, clock };
}

test('an answer holds for ten seconds, for this token and this namespace alone', async () => {
  const { access, asked, clock } = anAccess(async (token) => (token === 'mine' ? 'allowed' : 'forbidden'));
  assert.equal(await access.verdict('mine', 'shop'), 'allowed');
  assert.equal(await access.verdict('mine', 'shop'), 'allowed');
  assert.equal(await access.verdict('mine', 'blog'), 'allowed');
  assert.equal(await access.verdict('other', 'shop'), 'forbidden');
  assert.deepEqual(asked, ['mine shop', 'mine blog', 'other shop']);
  clock.nowMs = 10_001;
  await access.verdict('mine', 'shop');
  assert.equal(asked.length, 4);
});

test('a question without an answer is asked anew', async () => {
  let answers = false;
  const { access } = anAccess(async () => {
    if (!answers) throw new Error('away');
    return 'allowed';
  });
  await assert.rejects(access.verdict('mine', 'shop'), /away/);
  answers = true;
  assert.equal(await access.verdict('mine', 'shop'), 'allowed');
});

test('who sends many tokens has few questions asked for them at once', async () => {
  const { access, asked } = anAccess(() => new Promise(() => undefined));
  const outcomes = Array.from({ length: 100 }, (_, n) => access.verdict(`t${n}`, 'shop').catch((error) => error));
  const refused = outcomes.slice(16);
  for (const outcome of refused) assert.ok((await outcome) instanceof TooManyReviews);
  assert.equal(asked.length, 16);
});
