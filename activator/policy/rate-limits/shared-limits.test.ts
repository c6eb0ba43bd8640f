/** Several gateways that share a limit, in simulated time: how much they let through together. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { UseHint } from '../../peers/messages.ts';
import { rateOf } from './gcra.ts';
import { type Limit, RateLimiter } from './rate-limiter.ts';

const KEY = { high: 1, low: 2 };
const SECONDS = 60;
const SEEDS = [1, 2, 3, 4, 5];

class Gateways {
  readonly clock = new TestClock();
  readonly random: () => number;
  readonly limiters: RateLimiter[] = [];
  readonly limits: Limit[] = [];
  readonly through: number[] = [];
  readonly spec;
  readonly dead = new Set<number>();
  isCut = false;

  constructor(count: number, spec: { requests: number; seconds: number; burst: number }, seed: number) {
    this.random = seeded(seed);
    this.spec = spec;
    for (let i = 0; i < count; i += 1) this.start(i);
  }

  start(i: number): void {
    this.limiters[i]?.[Symbol.dispose]();
    this.dead.delete(i);
    const others = (what: (limiter: RateLimiter) => void) => {
      for (let j = 0; j < this.limiters.length; j += 1) {
        if (j === i || this.isCut || this.dead.has(i)) continue;
        const to = this.limiters[j];
        this.clock.after(1 + this.random() * 40, () => {
          if (to !== undefined && to === this.limiters[j] && !this.dead.has(j) && !this.isCut) what(to);
        });
      }
    };
    const limiter = new RateLimiter({
      clock: this.clock,
      random: this.random,
      name: `gateway-${i}-${this.random()}`,
      mostKeys: 1_000,
      channel: {
        send: (hint: UseHint) => others((to) => to.follow(hint)),
        alive: (from) => others((to) => to.heard(from)),
        others: () => this.limiters.length - 1 - this.dead.size,
      },
    });
    this.limiters[i] = limiter;
    this.through[i] ??= 0;
    // The turns of gateways do not come at the same time.
    this.clock.advance(this.random() * 200);
    this.limits[i] = limiter.add(
      { functionKey: 'shop/f', name: 'all', rate: rateOf(this.spec) },
      { keys: 0, namespace: 'shop' },
    );
    for (const other of this.limiters) if (other !== limiter) other.joined();
  }

  kill(i: number): void {
    this.dead.add(i);
  }

  ask(i: number, key = KEY): boolean {
    if (this.dead.has(i)) return false;
    const limiter = this.limiters[i] as RateLimiter;
    const limit = this.limits[i] as Limit;
    if (limiter.ask(limit, key).retryMs > 0) return false;
    limiter.use(limit, key);
    this.through[i] = (this.through[i] as number) + 1;
    return true;
  }

  /** @param rateOf requests that come to a gateway each second, at that time */
  run(seconds: number, load: (gateway: number, atSecond: number) => number, onStep?: (atSecond: number) => void): void {
    const steps = seconds * 100;
    for (let step = 0; step < steps; step += 1) {
      onStep?.(step / 100);
      for (let i = 0; i < this.limiters.length; i += 1) {
        const expected = load(i, step / 100) / 100;
        const count = Math.floor(expected) + (this.random() < expected % 1 ? 1 : 0);
        for (let n = 0; n < count; n += 1) this.ask(i);
      }
      this.clock.advance(10);
    }
  }

  get total(): number {
    return this.through.reduce((sum, one) => sum + one, 0);
  }
}

/** By how much of what is allowed in a minute more, or less, was let through. */
function deviation({ total, spec }: Gateways): number {
  const allowed = spec.burst + (spec.requests / spec.seconds) * SECONDS;
  return total / allowed - 1;
}

const SPECS = [
  { requests: 50, seconds: 1, burst: 50 },
  { requests: 50, seconds: 1, burst: 1 },
  { requests: 600, seconds: 60, burst: 600 },
  { requests: 600, seconds: 60, burst: 10 },
  { requests: 6_000, seconds: 60, burst: 100 },
];

const LOADS: Record<string, (i: number, at: number, rate: number) => number> = {
  'as much to each': (_i, _at, rate) => rate * 2,
  'nine tenths to one': (i, _at, rate) => rate * (i === 0 ? 3.6 : 0.4),
  'all to one': (i, _at, rate) => (i === 0 ? rate * 4 : 0),
  'all to one, then to another, in turns of seven seconds': (i, at, rate) =>
    Math.floor(at / 7) % 2 === i ? rate * 4 : 0,
  'all to one, then to another, in turns of half a second': (i, at, rate) =>
    Math.floor(at / 0.5) % 2 === i ? rate * 4 : 0,
  'a flood to each': (_i, _at, rate) => rate * 100,
  'a little more than is allowed, three fifths of it to each': (_i, _at, rate) => rate * 0.6,
};

for (const [name, load] of Object.entries(LOADS)) {
  test(`two gateways let through what one would, within 5 %, with ${name}`, () => {
    for (const spec of SPECS) {
      for (const seed of SEEDS) {
        const gateways = new Gateways(2, spec, seed);
        const rate = spec.requests / spec.seconds;
        gateways.run(SECONDS, (i, at) => load(i, at, rate));
        const off = deviation(gateways);
        // Of a burst that is less than what a fifth of a second gives, some is lost where the load goes to and fro.
        const least = name.startsWith('a little')
          ? -0.6
          : name.endsWith('half a second') && spec.burst === 1
            ? -0.3
            : -0.05;
        assert.ok(off <= 0.05 && off >= least, `${JSON.stringify(spec)} seed ${seed}: ${(off * 100).toFixed(1)} %`);
      }
    }
  });
}

test('five gateways let through what one would, within 5 %', () => {
  for (const seed of SEEDS) {
    const gateways = new Gateways(5, { requests: 100, seconds: 1, burst: 100 }, seed);
    gateways.run(SECONDS, (i) => 100 * (i + 1));
    assert.ok(Math.abs(deviation(gateways)) <= 0.05, `${deviation(gateways)}`);
  }
});

describe('a gateway that is killed', () => {
  for (const [name, load] of Object.entries(LOADS).slice(0, 3)) {
    test(`leaves its share to the others at once, within 15 %, with ${name}`, () => {
      for (const spec of SPECS) {
        for (const seed of SEEDS) {
          const gateways = new Gateways(2, spec, seed);
          const rate = spec.requests / spec.seconds;
          gateways.run(
            SECONDS,
            (i, at) => load(at > 20 ? 1 - i : i, at, rate) + (at > 20 && i === 1 ? rate * 2 : 0),
            (at) => at === 20 && gateways.kill(0),
          );
          const off = deviation(gateways);
          assert.ok(Math.abs(off) <= 0.15, `${JSON.stringify(spec)} seed ${seed}: ${(off * 100).toFixed(1)} %`);
        }
      }
    });
  }

  test('learns, when it is back, what is used up: nothing is given twice', () => {
    for (const seed of SEEDS) {
      const gateways = new Gateways(2, { requests: 600, seconds: 60, burst: 600 }, seed);
      gateways.run(
        SECONDS,
        () => 40,
        (at) => {
          if (at === 20) gateways.kill(0);
          if (at === 25) gateways.start(0);
        },
      );
      assert.ok(Math.abs(deviation(gateways)) <= 0.15, `${deviation(gateways)}`);
    }
  });
});

describe('gateways that are cut off from each other, both alive', () => {
  /** Requests a second that both let through between the tenth second of the cut and the fortieth. */
  function perSecond(load: (i: number) => number, seed: number): number {
    const gateways = new Gateways(2, { requests: 50, seconds: 1, burst: 50 }, seed);
    gateways.run(20, load);
    gateways.isCut = true;
    gateways.run(10, load);
    const before = gateways.total;
    gateways.run(30, load);
    return (gateways.total - before) / 30;
  }

  test('go on with the shares that they had', () => {
    for (const seed of SEEDS) {
      for (const load of [() => 200, (i: number) => (i === 0 ? 360 : 40)]) {
        const rate = perSecond(load, seed);
        assert.ok(rate <= 50 * 1.15 && rate >= 50 * 0.8, `${rate}`);
      }
    }
  });

  test('share what they know nothing of evenly', () => {
    const gateways = new Gateways(2, { requests: 50, seconds: 1, burst: 1 }, 1);
    gateways.isCut = true;
    gateways.run(5, () => 0);
    const before = gateways.total;
    gateways.run(20, () => 200);
    const rate = (gateways.total - before) / 20;
    assert.ok(Math.abs(rate - 50) < 3, `${rate}`);
  });

  test('are as one again when they hear each other', () => {
    const gateways = new Gateways(2, { requests: 50, seconds: 1, burst: 50 }, 3);
    gateways.run(10, () => 200);
    gateways.isCut = true;
    gateways.run(10, () => 200);
    gateways.isCut = false;
    gateways.run(5, () => 200);
    const before = gateways.total;
    gateways.run(30, (i) => (i === 0 ? 200 : 0));
    assert.ok(Math.abs((gateways.total - before) / 30 - 50) < 2.5);
  });
});

test('a gateway that lies can close a limit for some bursts, and is not believed beyond', () => {
  const gateways = new Gateways(2, { requests: 10, seconds: 1, burst: 10 }, 1);
  const [limiter] = gateways.limiters as [RateLimiter];
  const keys = Buffer.from([0, 0, 0, 1, 0, 0, 0, 2, 255, 255, 255, 255]).toString('base64url');
  const hint: UseHint = { from: 'liar', seq: 1, function: 'shop/f', limit: 'all', mode: 'used', keys };
  for (let i = 0; i < 1_000; i += 1) limiter.follow({ ...hint, seq: i, mode: i % 2 === 0 ? 'used' : 'state' });
  assert.equal(gateways.ask(0), false);
  gateways.clock.advance(6_000);
  assert.equal(gateways.ask(0), true);
  assert.equal(limiter.follow({ ...hint, keys: 'x' }), false);
  assert.equal(limiter.follow({ ...hint, function: 'shop/none' }), false);
});
