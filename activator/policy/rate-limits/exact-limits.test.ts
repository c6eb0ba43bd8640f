import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import { systemClock } from '#platform/time/clock.ts';
import { ExactLimits, type RedisCalls } from './exact-limits.ts';
import type { LimitAsked } from './exact-script.ts';
import { rateOf } from './gcra.ts';
import { RedisConnection } from './redis-client.ts';

const SERVER = '/usr/bin/redis-server';
const asked = (rate: Parameters<typeof rateOf>[0], low = 1, name = 'all'): LimitAsked => ({
  limit: { functionKey: 'shop/f', name, rate: rateOf(rate) },
  key: { high: 1, low },
});
const SLOW = { requests: 5, seconds: 3_600, burst: 5 };

describe('without a Redis', () => {
  const limitsOf = (call: RedisCalls['call'], isReady = true) => {
    const clock = new TestClock();
    const changes: boolean[] = [];
    const redis = { isReady, call };
    const limits = new ExactLimits({ redis, clock, prefix: '', changed: (isUp) => changes.push(isUp) });
    return { clock, changes, redis, limits };
  };

  test('that can be reached nothing waits', () => {
    const { limits, changes } = limitsOf(async () => [0, 1], false);
    assert.equal(limits.ask([asked(SLOW)]), undefined);
    assert.equal(limits.ask([asked(SLOW)]), undefined);
    assert.deepEqual(changes, [false]);
    assert.equal(limits.fallbacks, 2);
  });

  test('that answers in time one request has waited, and then one each second tries it', async () => {
    let calls = 0;
    let answers = false;
    const { clock, limits, changes } = limitsOf(() => {
      calls += 1;
      return answers ? Promise.resolve([0, 1_000]) : new Promise(() => undefined);
    });
    const first = limits.ask([asked(SLOW)]);
    clock.advance(50);
    assert.equal(await first, undefined);
    assert.equal(limits.ask([asked(SLOW)]), undefined);
    assert.equal(calls, 1);
    answers = true;
    clock.advance(1_000);
    const trial = limits.ask([asked(SLOW)]);
    assert.equal(limits.ask([asked(SLOW)]), undefined, 'one at a time tries');
    assert.deepEqual(await trial, [{ retryMs: 0, fullMs: 1 }]);
    assert.deepEqual(changes, [false, true]);
    assert.equal(calls, 2);
  });

  test('what is no answer of the script counts as none', async () => {
    for (const reply of [[], [1], ['a', 'b'], [0, -1], null, 'OK', [0, 1, 2, 3]]) {
      const { limits } = limitsOf(async () => reply);
      assert.equal(await limits.ask([asked(SLOW)]), undefined, JSON.stringify(reply));
    }
  });
});

describe('limits that are kept in a Redis', {
  skip: !existsSync(SERVER) && `not checked: there is no ${SERVER}`,
}, () => {
  let server: ChildProcess;
  let folder: string;
  let port: number;
  const start = () => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
    server = spawn(SERVER, options, { stdio: 'ignore' });
  };
  const stop = async () => {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
  };
  const open = () => RedisConnection.open({ url: `redis://127.0.0.1:${port}`, secretDir: undefined });
  const limitsOver = (redis: RedisConnection, prefix: string) =>
    new ExactLimits({ redis, clock: systemClock, prefix, changed: () => undefined });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catnap-redis-'));
    const probe = createServer();
    await new Promise<void>((resolve) => void probe.listen(0, '127.0.0.1', resolve));
    port = (probe.address() as { port: number }).port;
    await new Promise((resolve) => probe.close(resolve));
    start();
  });
  after(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('a limit holds over gateways to the request', async () => {
    using one = await open();
    using other = await open();
    await until(() => one.isReady && other.isReady, 'both are connected', 10_000);
    const gateways = [limitsOver(one, 'a:'), limitsOver(other, 'a:')] as const;
    const limit = asked({ requests: 100, seconds: 3_600, burst: 100 });
    const answers = await Promise.all(Array.from({ length: 400 }, (_, i) => gateways[i % 2]?.ask([limit])));
    const through = answers.filter((answer) => answer?.[0]?.retryMs === 0).length;
    const unanswered = answers.filter((answer) => answer === undefined).length;
    assert.ok(through <= 100 && through + unanswered >= 100, `${through} and ${unanswered} without an answer`);
  });

  test('of a request that one limit refuses the others lose nothing', async () => {
    using redis = await open();
    await until(() => redis.isReady, 'it is connected', 10_000);
    const limits = limitsOver(redis, 'b:');
    const [tight, wide] = [asked({ requests: 1, seconds: 3_600, burst: 1 }, 1, 'tight'), asked(SLOW, 1, 'wide')];
    const ask = async (...all: LimitAsked[]) => {
      const answers: boolean[][] = [];
      await until(async () => {
        const answer = await limits.ask(all);
        if (answer !== undefined) answers.push(answer.map(({ retryMs }) => retryMs === 0));
        return answer !== undefined;
      }, 'it answers');
      return answers[0];
    };
    assert.deepEqual(await ask(tight, wide), [true, true]);
    for (let i = 0; i < 10; i += 1) assert.deepEqual(await ask(tight, wide), [false, true]);
    for (let i = 0; i < 4; i += 1) assert.deepEqual(await ask(wide), [true]);
    assert.deepEqual(await ask(wide), [false]);
    const ttlMs = Number(await redis.call(['PTTL', 'b:{shop/f}:wide:0000000100000001']));
    assert.ok(ttlMs > 0 && ttlMs <= 3_602_000, `${ttlMs}`);
  });

  test('whose clock was set back, or that holds what is no number, refuses no longer than a burst takes to fill up', async () => {
    using redis = await open();
    await until(() => redis.isReady, 'it is connected', 10_000);
    const limits = limitsOver(redis, 'e:');
    const hourAheadUs = (Date.now() + 3_600_000) * 1000;
    for (const held of [`${hourAheadUs}.000`, 'inf', 'nan', 'x', '']) {
      await redis.call(['SET', 'e:{shop/f}:all:0000000100000001', held]);
      const answers: number[] = [];
      await until(async () => {
        const answer = await limits.ask([asked({ requests: 10, seconds: 1, burst: 5 })]);
        if (answer !== undefined) answers.push(answer[0]?.fullMs ?? Number.NaN);
        return answer !== undefined;
      }, `it answers with ${held}`);
      assert.ok(
        answers.every((fullMs) => fullMs <= 601),
        `${held}: full after ${answers} ms`,
      );
    }
  });

  test('that has become a replica of another is connected to anew, for its name may lead to that other by now', async () => {
    using redis = await open();
    using admin = await open();
    await until(() => redis.isReady && admin.isReady, 'both are connected', 10_000);
    const limits = limitsOver(redis, 'f:');
    await until(async () => (await limits.ask([asked(SLOW)])) !== undefined, 'it answers');
    const before = await redis.call(['CLIENT', 'ID']);
    await admin.call(['REPLICAOF', '127.0.0.1', '1']);
    await limits.ask([asked(SLOW)]);
    const idNow = () => redis.call(['CLIENT', 'ID']).catch(() => before);
    await until(async () => (await idNow()) !== before, 'there is another connection', 10_000);
    await admin.call(['REPLICAOF', 'NO', 'ONE']);
    await until(async () => (await limits.ask([asked(SLOW)])) !== undefined, 'it answers again', 10_000);
  });

  test('that wants a password is given the one that the Secret has at that time', async () => {
    const secretDir = await mkdtemp(join(folder, 'secret-'));
    using admin = await open();
    await until(() => admin.isReady, 'it is connected', 10_000);
    await admin.call(['ACL', 'SETUSER', 'catnap', 'on', '>first', '~*', '+@all']);
    await admin.call(['ACL', 'SETUSER', 'default', 'resetpass', '>other']);
    const url = `redis://127.0.0.1:${port}`;
    await writeFile(join(secretDir, 'username'), 'catnap\n');
    await writeFile(join(secretDir, 'password'), 'wrong');
    using redis = await RedisConnection.open({ url, secretDir });
    const limits = limitsOver(redis, 'd:');
    assert.equal(await limits.ask([asked(SLOW)]), undefined);
    await writeFile(join(secretDir, 'password'), 'first');
    await until(async () => (await limits.ask([asked(SLOW)])) !== undefined, 'it lets us in', 15_000);
    await admin.call(['ACL', 'SETUSER', 'default', 'nopass']);
  });

  test('after it was away it is asked again', async () => {
    using redis = await open();
    await until(() => redis.isReady, 'it is connected', 10_000);
    const limits = limitsOver(redis, 'c:');
    await until(async () => (await limits.ask([asked(SLOW)])) !== undefined, 'it answers');
    await stop();
    await until(async () => (await limits.ask([asked(SLOW)])) === undefined && !limits.isUp, 'it is away');
    start();
    await until(async () => (await limits.ask([asked(SLOW)])) !== undefined, 'it answers again', 15_000);
    assert.equal(limits.isUp, true);
  });
});
