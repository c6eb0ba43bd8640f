import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_LIMITS } from '../store/store.ts';
import { aTrigger, TestTriggers } from './testing/test-triggers.ts';

const FAILURES = ['before', 'unreached', 'after'] as const;

test('whenever it is killed and whatever the store does, each run is stored once and none is lost', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 90 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('restart' as const, 'finish' as const, ...FAILURES),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('down' as const), seconds: fc.integer({ min: 1, max: 300 }) }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      // What has ended is forgotten at once: that it was there protects nothing.
      const stage = new TestTriggers({ results: { ...DEFAULT_LIMITS.results, ageMs: 0 } });
      await stage.put(aTrigger('nightly', { overlap: 'Allow', missed: 'RunAll' }));
      await stage.start();
      for (const one of steps) await take(stage, one);
      await stage.pass(4);
      // What is due just then may meet the failure that is left, and is tried again a second later.
      stage.fails = undefined;
      await stage.pass(2);
      const minutes = Math.floor((stage.nowMs - Date.parse('2026-01-01T10:00:00Z')) / 60_000);
      const due = Array.from({ length: minutes }, (_, n) => tick(n + 1));
      assert.deepEqual(stage.stored, due);
    }),
    { numRuns: 60 },
  );
});

interface Step {
  do: 'pass' | 'restart' | 'finish' | 'down' | (typeof FAILURES)[number];
  seconds?: number;
}

async function take(stage: TestTriggers, { do: what, seconds = 0 }: Step): Promise<void> {
  if (what === 'pass') return await stage.pass(seconds);
  if (what === 'finish') return await stage.finish();
  if (what === 'before' || what === 'unreached' || what === 'after') stage.fails = what;
  else {
    await stage.triggers.stop();
    await stage.pass(seconds);
    await stage.restart();
  }
}

function tick(minutes: number): string {
  return `shop/nightly@${new Date(Date.parse('2026-01-01T10:00:00Z') + minutes * 60_000).toISOString().replace('.000Z', 'Z')}`;
}
