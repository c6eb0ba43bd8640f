/** What becomes of what is due. Longer than 250 lines: most of it is a table of cases, one beside the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSchedule, type Schedule } from './schedule.ts';
import { decideTicks, jitterOf } from './ticks.ts';

const MINUTELY = readSchedule('* * * * *', 'UTC') as Schedule;
const at = (time: string) => Date.parse(`2026-01-01T${time}Z`);
const shown = (ms: number) => new Date(ms).toISOString().slice(11, 19);

interface Case {
  what: string;
  overlap?: 'Forbid' | 'Allow' | 'Replace';
  missed?: 'Skip' | 'RunOnce' | 'RunAll';
  deadlineSeconds?: number;
  /** What was decided up to then; all times are of one day. */
  decided: string;
  now: string;
  open?: number;
  run: string[];
  replaces?: true;
  /** When, and how its note begins. */
  skipped?: [time: string, note: string][];
  next?: string;
}

const OVERLAP = 'an earlier run had not ended';
const MISSED = 'it was missed';
const LATE = 'it was due too long ago';
const REPLACED = 'a later run';
const CASES: Case[] = [
  { what: 'nothing is due yet', decided: '10:00:00', now: '10:00:59', run: [], next: '10:01:00' },
  { what: 'one is due', decided: '10:00:00', now: '10:01:00', run: ['10:01:00'], next: '10:02:00' },
  {
    what: 'a time that was decided does not come again',
    decided: '10:01:00',
    now: '10:01:00',
    run: [],
    next: '10:02:00',
  },
  { what: 'a timer that is late', decided: '10:00:00', now: '10:01:09', run: ['10:01:00'], next: '10:02:00' },

  {
    what: 'a short restart misses nothing, Skip or not',
    missed: 'Skip',
    decided: '10:00:00',
    now: '10:01:10',
    run: ['10:01:00'],
  },
  { what: 'Skip', missed: 'Skip', decided: '10:00:00', now: '10:01:11', run: [], skipped: [['10:01:00', MISSED]] },
  {
    what: 'Skip leaves out what was missed, not what is on time',
    missed: 'Skip',
    decided: '10:00:00',
    now: '10:02:01',
    run: ['10:02:00'],
    skipped: [['10:01:00', MISSED]],
  },
  {
    what: 'RunOnce makes up for the latest',
    missed: 'RunOnce',
    decided: '10:00:00',
    now: '10:03:30',
    run: ['10:03:00'],
    skipped: [
      ['10:01:00', MISSED],
      ['10:02:00', MISSED],
    ],
    next: '10:04:00',
  },
  {
    what: 'RunOnce needs none where one is on time',
    missed: 'RunOnce',
    decided: '10:00:00',
    now: '10:02:01',
    run: ['10:02:00'],
    skipped: [['10:01:00', MISSED]],
  },
  {
    what: 'RunOnce with one that was missed',
    missed: 'RunOnce',
    decided: '10:00:00',
    now: '10:01:40',
    run: ['10:01:00'],
  },
  {
    what: 'RunAll beside each other',
    missed: 'RunAll',
    overlap: 'Allow',
    decided: '10:00:00',
    now: '10:03:30',
    run: ['10:01:00', '10:02:00', '10:03:00'],
  },
  {
    what: 'RunAll under Forbid is the first',
    missed: 'RunAll',
    decided: '10:00:00',
    now: '10:03:30',
    run: ['10:01:00'],
    skipped: [
      ['10:02:00', OVERLAP],
      ['10:03:00', OVERLAP],
    ],
  },
  {
    what: 'RunAll under Replace is the last',
    missed: 'RunAll',
    overlap: 'Replace',
    decided: '10:00:00',
    now: '10:03:30',
    run: ['10:03:00'],
    skipped: [
      ['10:01:00', REPLACED],
      ['10:02:00', REPLACED],
    ],
  },

  {
    what: 'a deadline that is met',
    deadlineSeconds: 60,
    decided: '10:00:00',
    now: '10:02:00',
    missed: 'RunAll',
    overlap: 'Allow',
    run: ['10:01:00', '10:02:00'],
  },
  {
    what: 'a deadline that is over',
    deadlineSeconds: 59,
    decided: '10:00:00',
    now: '10:02:00',
    missed: 'RunAll',
    overlap: 'Allow',
    run: ['10:02:00'],
    skipped: [['10:01:00', LATE]],
  },
  {
    what: 'a deadline shorter than a restart',
    deadlineSeconds: 1,
    decided: '10:00:00',
    now: '10:01:05',
    run: [],
    skipped: [['10:01:00', LATE]],
  },
  {
    what: 'RunOnce does not make up for one beyond its deadline',
    deadlineSeconds: 20,
    decided: '10:00:00',
    now: '10:02:30',
    run: [],
    skipped: [
      ['10:01:00', LATE],
      ['10:02:00', LATE],
    ],
  },

  {
    what: 'Forbid while one is open',
    open: 1,
    decided: '10:00:00',
    now: '10:01:00',
    run: [],
    skipped: [['10:01:00', OVERLAP]],
    next: '10:02:00',
  },
  {
    what: 'Forbid holds for what is made up for too',
    open: 1,
    decided: '10:00:00',
    now: '10:02:30',
    run: [],
    skipped: [
      ['10:01:00', MISSED],
      ['10:02:00', OVERLAP],
    ],
  },
  {
    what: 'Allow while one is open',
    overlap: 'Allow',
    open: 1,
    decided: '10:00:00',
    now: '10:01:00',
    run: ['10:01:00'],
  },
  {
    what: 'Allow up to a hundred',
    overlap: 'Allow',
    open: 99,
    decided: '10:00:00',
    now: '10:01:00',
    run: ['10:01:00'],
  },
  {
    what: 'Allow beyond a hundred',
    overlap: 'Allow',
    open: 100,
    decided: '10:00:00',
    now: '10:01:00',
    run: [],
    skipped: [['10:01:00', '100 runs']],
  },
  {
    what: 'Allow with room for one of three',
    overlap: 'Allow',
    missed: 'RunAll',
    open: 99,
    decided: '10:00:00',
    now: '10:03:30',
    run: ['10:03:00'],
    skipped: [
      ['10:01:00', '100 runs'],
      ['10:02:00', '100 runs'],
    ],
  },
  { what: 'Replace while none is open', overlap: 'Replace', decided: '10:00:00', now: '10:01:00', run: ['10:01:00'] },
  {
    what: 'Replace while one is open',
    overlap: 'Replace',
    open: 1,
    decided: '10:00:00',
    now: '10:01:00',
    run: ['10:01:00'],
    replaces: true,
  },
  {
    what: 'Replace leaves the open one where nothing comes',
    overlap: 'Replace',
    missed: 'Skip',
    open: 1,
    decided: '10:00:00',
    now: '10:01:30',
    run: [],
    skipped: [['10:01:00', MISSED]],
  },

  {
    what: 'a clock that is set back a little brings nothing again',
    decided: '10:30:00',
    now: '10:00:00',
    run: [],
    next: '10:31:00',
  },
  { what: 'a clock that was wrong by hours', decided: '15:00:00', now: '10:00:30', run: [], next: '10:01:00' },
  {
    what: 'a clock that is set forward',
    decided: '10:00:00',
    now: '12:00:30',
    run: ['12:00:00'],
    next: '12:01:00',
    skipped: Array.from({ length: 99 }, (_, n): [string, string] => [shown(at('10:21:00') + n * 60_000), MISSED]),
  },
];

for (const one of CASES)
  test(`of what is due is run what is to be: ${one.what}`, () => {
    const { overlap = 'Forbid', missed = 'RunOnce', deadlineSeconds } = one;
    const deadlineMs = deadlineSeconds === undefined ? undefined : deadlineSeconds * 1_000;
    const rules = { schedule: MINUTELY, overlap, missed, deadlineMs };
    const decision = decideTicks({ rules, decidedMs: at(one.decided), nowMs: at(one.now), open: one.open ?? 0 });
    assert.deepEqual(decision.run.map(shown), one.run);
    assert.equal(decision.replaces, one.replaces ?? false);
    assert.deepEqual(
      decision.skipped.map(({ dueMs }) => shown(dueMs)),
      (one.skipped ?? []).map(([time]) => time),
    );
    for (const [index, [, note]] of (one.skipped ?? []).entries())
      assert.equal(decision.skipped[index]?.note.startsWith(note), true, JSON.stringify(decision.skipped));
    if (one.next !== undefined) assert.equal(shown(decision.nextMs ?? 0), one.next);
  });

test('however time goes and whatever is restarted, nothing is run twice, nothing before it is due, and none is lost without a word', () => {
  const step = fc.integer({ min: -120_000, max: 600_000 });
  const policy = fc.record({
    overlap: fc.constantFrom('Forbid' as const, 'Allow' as const, 'Replace' as const),
    missed: fc.constantFrom('Skip' as const, 'RunOnce' as const, 'RunAll' as const),
  });
  fc.assert(
    fc.property(
      policy,
      fc.array(step, { maxLength: 30 }),
      fc.infiniteStream(fc.nat({ max: 2 })),
      (rules, steps, open) => {
        let nowMs = at('10:00:00');
        let decidedMs = nowMs;
        const told: number[] = [];
        for (const ms of steps) {
          nowMs += ms;
          const decision = decideTicks({
            rules: { schedule: MINUTELY, ...rules },
            decidedMs,
            nowMs,
            open: open.next().value,
          });
          for (const dueMs of decision.run) assert.ok(dueMs <= nowMs);
          told.push(...[...decision.run, ...decision.skipped.map(({ dueMs }) => dueMs)].toSorted((a, b) => a - b));
          assert.ok((decision.nextMs ?? 0) > decision.decidedMs);
          decidedMs = decision.decidedMs;
        }
        const [first = 0] = told;
        assert.deepEqual(
          told,
          told.map((_, index) => first + index * 60_000),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('the time that a run begins later is its own, spread over the whole, and the same at each look', () => {
  const ids = Array.from({ length: 2_000 }, (_, n) => `shop/nightly@${new Date(n * 60_000).toISOString()}`);
  const times = ids.map((id) => jitterOf(id, 60_000));
  assert.deepEqual(
    times,
    ids.map((id) => jitterOf(id, 60_000)),
  );
  assert.ok(times.every((ms) => Number.isInteger(ms) && ms >= 0 && ms <= 60_000));
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const here = times.filter((ms) => Math.floor(ms / 6_000.1) === tenth).length;
    assert.ok(here > 140 && here < 260, `${here} of 2000 in the tenth ${tenth}`);
  }
  assert.equal(jitterOf('shop/nightly@1', 0), 0);
});
