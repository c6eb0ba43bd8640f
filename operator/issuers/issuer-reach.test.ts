import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { NotAllowed } from '#platform/addresses/checked-url.ts';
import type { KeySource } from '#platform/issuers/issuer-keys.ts';
import { createLog } from '#platform/process/log.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { IssuerReach } from './issuer-reach.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LOGIN = 'https://login.example';

/** The issuers of a test, and one that asks them. */
class Played implements AsyncDisposable {
  readonly clock = new TestClock();
  readonly asked: string[] = [];
  readonly news: string[] = [];
  /** By issuer; absent: it answers. */
  readonly failures = new Map<string, Error>();
  /** Those that do not answer at all. */
  readonly silent = new Set<string>();
  atOnce = 0;
  mostAtOnce = 0;
  readonly reach: IssuerReach;

  constructor() {
    const log = createLog({ service: 'test', level: 'silent' });
    const { clock } = this;
    const onNews = (key: string) => void this.news.push(key);
    this.reach = new IssuerReach({ ask: (source) => this.#ask(source), onNews, log, clock });
  }

  async #ask({ issuer }: KeySource): Promise<void> {
    this.asked.push(issuer);
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    if (this.silent.has(issuer)) return await new Promise(() => undefined);
    await setImmediate();
    this.atOnce -= 1;
    const failure = this.failures.get(issuer);
    if (failure !== undefined) throw failure;
  }

  look(key: string, issuers: readonly string[] = [LOGIN], wasOpen = false) {
    const named = issuers.map((issuer, i) => ({ field: `spec.access[${i}].jwt`, jwt: { issuer } }));
    return this.reach.standings(key, named, { wasOpen });
  }

  reachOf(key: string, issuers?: readonly string[]): string[] {
    return this.look(key, issuers).map(({ reach }) => reach);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reach[Symbol.asyncDispose]();
  }

  /** Lets time pass and what it makes due end. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    for (let i = 0; i < 20; i += 1) await setImmediate();
  }
}

const refused = new Error('login.example cannot be asked: connect ECONNREFUSED 10.1.2.3:443');

test('an issuer is asked once for all functions that name it, and each is told', async () => {
  await using played = new Played();
  assert.deepEqual(played.reachOf('shop/a'), ['asking']);
  assert.deepEqual(played.reachOf('web/b'), ['asking']);
  await played.pass(0);
  assert.deepEqual([played.asked, played.news.sort()], [[LOGIN], ['shop/a', 'web/b']]);
  assert.deepEqual([played.reachOf('shop/a'), played.reachOf('web/b')], [['answers'], ['answers']]);
});

test('one that answers is asked again each ten minutes, and that it still does is no news', async () => {
  await using played = new Played();
  played.look('shop/a');
  await played.pass(0);
  await played.pass(10 * MINUTE - 1);
  assert.equal(played.asked.length, 1);
  await played.pass(1);
  assert.deepEqual([played.asked.length, played.news], [2, ['shop/a']]);
});

test('one that does not is asked again within half a minute, then ever more rarely, up to ten minutes', async () => {
  await using played = new Played();
  played.failures.set(LOGIN, refused);
  played.look('shop/a');
  await played.pass(0);
  assert.deepEqual(played.reachOf('shop/a'), ['unreachable']);
  await played.pass(30_000);
  assert.equal(played.asked.length, 2);
  for (let i = 0; i < 12; i += 1) await played.pass(10 * MINUTE);
  const before = played.asked.length;
  await played.pass(5 * MINUTE - 1);
  assert.equal(played.asked.length, before);
  await played.pass(5 * MINUTE + 1);
  assert.equal(played.asked.length, before + 1);
  assert.deepEqual(played.news, ['shop/a']);
  played.failures.clear();
  await played.pass(10 * MINUTE);
  assert.deepEqual([played.reachOf('shop/a'), played.news], [['answers'], ['shop/a', 'shop/a']]);
});

test('one that was known and goes is away for a day, then unreachable', async () => {
  await using played = new Played();
  played.look('shop/a');
  await played.pass(0);
  played.failures.set(LOGIN, refused);
  await played.pass(10 * MINUTE);
  assert.deepEqual(played.reachOf('shop/a'), ['away']);
  assert.deepEqual(
    played.reachOf('web/later'),
    ['unreachable'],
    'no gateway has its keys for a function that came later',
  );
  for (let i = 0; i < 6 * 23; i += 1) await played.pass(10 * MINUTE);
  assert.deepEqual(played.reachOf('shop/a'), ['away']);
  const before = played.news.length;
  for (let i = 0; i < 6 * 2; i += 1) await played.pass(10 * MINUTE);
  assert.deepEqual(played.reachOf('shop/a'), ['unreachable']);
  assert.deepEqual(played.news.slice(before), ['shop/a'], 'it is told when the day is over');
});

test('a function that was open before the process began has lost nothing when the issuer is away at its start', async () => {
  await using played = new Played();
  played.failures.set(LOGIN, refused);
  played.look('shop/a', [LOGIN], true);
  await played.pass(0);
  assert.deepEqual(played.reachOf('shop/a'), ['away']);
});

test('the first answer is waited for no longer than fifteen seconds', async () => {
  await using played = new Played();
  const silent = Array.from({ length: 4 }, (_, i) => `https://silent-${i}.example`);
  for (const issuer of silent) played.silent.add(issuer);
  played.look('shop/a', silent);
  await played.pass(0);
  played.look('web/b');
  await played.pass(14_999);
  assert.deepEqual(played.reachOf('web/b'), ['asking']);
  await played.pass(1);
  assert.deepEqual(played.reachOf('web/b'), ['unasked']);
});

test('four are asked at once', async () => {
  await using played = new Played();
  played.look(
    'shop/a',
    Array.from({ length: 16 }, (_, i) => `https://login-${i}.example`),
  );
  await played.pass(0);
  await played.pass(0);
  assert.deepEqual([played.asked.length, played.mostAtOnce], [16, 4]);
});

test('a namespace has 32 asked, all have 1,024: of more it is not known whether they answer', async () => {
  await using played = new Played();
  const ofNamespace = (n: number, i: number) => `https://login-${n}-${i}.example`;
  for (let n = 0; n < 33; n += 1) {
    for (let i = 0; i < 33; i += 1) {
      const [reach] = played.reachOf(`n${n}/f${i}`, [ofNamespace(n, i)]);
      assert.equal(reach, i < 32 && n < 32 ? 'asking' : 'unasked', `${n} ${i}`);
    }
  }
  assert.equal(played.reach.size, 1_024);
  played.reach.forget('n0/f0');
  assert.deepEqual(played.reachOf('n0/f32', [ofNamespace(0, 32)]), ['asking'], 'one that goes makes room');
});

test('issuers that no function names any more are neither asked nor kept', async () => {
  await using played = new Played();
  played.look('shop/a');
  played.look('shop/b');
  await played.pass(0);
  played.reach.forget('shop/a');
  assert.equal(played.reach.size, 1);
  played.look('shop/b', ['https://other.example']);
  played.look('shop/b', []);
  assert.equal(played.reach.size, 0);
  await played.pass(HOUR);
  assert.deepEqual(played.asked, [LOGIN]);
});

test('what is told has no address that the author did not write, and not what is at it', async () => {
  await using played = new Played();
  const whys = async (error: Error) => {
    played.failures.set(LOGIN, error);
    played.reach.forget('shop/a');
    played.look('shop/a');
    await played.pass(0);
    return played.look('shop/a').map(({ why }) => why);
  };
  const general = ['nothing that is a key set comes from its address'];
  assert.deepEqual(await whys(refused), general);
  assert.deepEqual(await whys(new Error('10.1.2.3 answers 404')), general);
  assert.deepEqual(await whys(new NotAllowed('only https is called, not http://x', 'only https is called')), [
    'only https is called',
  ]);
});
