import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessVerdicts, type ResourceAttributes, TooManyReviews, type Verdict } from './access-verdicts.ts';

const logsOf = (namespace: string): ResourceAttributes => ({
  namespace,
  verb: 'get',
  resource: 'pods',
  subresource: 'log',
});

function anAccess(review: (token: string, attributes: ResourceAttributes) => Promise<Verdict>) {
  const asked: string[] = [];
  const clock = { nowMs: 0 };
  const access = new AccessVerdicts({
    review: (token, attributes) => {
      asked.push(`${token} ${attributes.namespace}`);
      return review(token, attributes);
    },
    now: () => clock.nowMs,
  });
  return { access, asked, clock };
}

test('an answer holds for ten seconds, for this token and this question alone', async () => {
  const { access, asked, clock } = anAccess(async (token) => (token === 'mine' ? 'allowed' : 'forbidden'));
  assert.equal(await access.verdict('mine', logsOf('shop')), 'allowed');
  assert.equal(await access.verdict('mine', logsOf('shop')), 'allowed');
  assert.equal(await access.verdict('mine', logsOf('blog')), 'allowed');
  assert.equal(await access.verdict('other', logsOf('shop')), 'forbidden');
  assert.deepEqual(asked, ['mine shop', 'mine blog', 'other shop']);
  clock.nowMs = 10_001;
  await access.verdict('mine', logsOf('shop'));
  assert.equal(asked.length, 4);
});

test('a question without an answer is asked anew', async () => {
  let answers = false;
  const { access } = anAccess(async () => {
    if (!answers) throw new Error('away');
    return 'allowed';
  });
  await assert.rejects(access.verdict('mine', logsOf('shop')), /away/);
  answers = true;
  assert.equal(await access.verdict('mine', logsOf('shop')), 'allowed');
});

test('who sends many tokens has few questions asked for them at once, and keeps no one else from being answered', async () => {
  const answers: (() => void)[] = [];
  const { access, asked } = anAccess(async (token) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    return token === 'mine' ? 'allowed' : 'unknown-token';
  });
  const outcomes = Array.from({ length: 200 }, (_, n) => access.verdict(`t${n}`, logsOf('shop')));
  const mine = access.verdict('mine', logsOf('shop'));
  const more = Array.from({ length: 200 }, (_, n) => access.verdict(`u${n}`, logsOf('shop')).catch((error) => error));
  await new Promise(setImmediate);
  assert.equal(asked.length, 16);
  for (const each of more.slice(71)) assert.ok((await each) instanceof TooManyReviews);
  while (answers.length > 0) {
    for (const answer of answers.splice(0)) answer();
    await new Promise(setImmediate);
    assert.ok(answers.length <= 16);
  }
  assert.equal(await mine, 'allowed');
  assert.deepEqual(new Set(await Promise.all(outcomes)), new Set(['unknown-token']));
});

test('a question that waits too long for its turn is refused, and the next ones have theirs', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const answers: (() => void)[] = [];
  const { access } = anAccess(async () => {
    await new Promise<void>((resolve) => answers.push(resolve));
    return 'allowed';
  });
  const first = Array.from({ length: 16 }, (_, n) => access.verdict(`t${n}`, logsOf('shop')));
  const late = access.verdict('late', logsOf('shop')).catch((error) => error);
  t.mock.timers.tick(5_000);
  assert.ok((await late) instanceof TooManyReviews);
  for (const answer of answers.splice(0)) answer();
  await Promise.all(first);
  const next = access.verdict('late', logsOf('shop'));
  for (const answer of answers.splice(0)) answer();
  assert.equal(await next, 'allowed');
});

test('an answer about one thing is none about another, whatever they are called', async () => {
  const { access, asked } = anAccess(async (_, { verb }) => (verb === 'get' ? 'allowed' : 'forbidden'));
  const about = (more: Partial<ResourceAttributes>) =>
    access.verdict('mine', { namespace: 'shop', verb: 'get', resource: 'functions', ...more });
  assert.equal(await about({ name: 'orders' }), 'allowed');
  assert.equal(await about({ name: 'orders', verb: 'update' }), 'forbidden');
  for (const more of [{ name: 'other' }, { group: 'orders' }, { subresource: 'orders' }, {}])
    assert.equal(await about(more), 'allowed');
  assert.equal(asked.length, 6);
});
