import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TriggerObject } from '#api/trigger.ts';
import { listText, rowsOfFunction, showText, whyNotRun } from './trigger-text.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const cron = {
  schedule: '0 3 * * *',
  timeZone: 'Europe/Berlin',
  overlap: 'Forbid',
  missed: 'RunOnce',
  jitterSeconds: 0,
};

function condition(status: string, reason: string, message = ''): object {
  const lastTransitionTime = '2026-01-01T11:00:00Z';
  return { type: 'Ready', status, reason, message, observedGeneration: 1, lastTransitionTime };
}

function aTrigger(status?: object, spec: object = {}): TriggerObject {
  return {
    metadata: { name: 'nightly', namespace: 'shop', generation: 1, creationTimestamp: '2025-12-31T12:00:00Z' },
    spec: { function: 'report', source: { cron }, suspend: false, ...spec },
    ...(status !== undefined && { status }),
  } as unknown as TriggerObject;
}

const RUN = {
  source: 'cron 0 3 * * * Europe/Berlin',
  lastScheduleTime: '2026-01-01T02:00:00Z',
  nextScheduleTime: '2026-01-02T02:00:00Z',
  active: 0,
  counts: { scheduled: 12, succeeded: 10, failed: 1, skipped: 1 },
  history: [
    {
      id: 'shop/nightly@2026-01-01T02:00:00Z',
      time: '2026-01-01T02:00:00Z',
      state: 'buried',
      attempts: 5,
      note: '500',
    },
    { id: 'shop/nightly@2025-12-31T02:00:00Z', time: '2025-12-31T02:00:00Z', state: 'done', attempts: 1 },
  ],
  conditions: [condition('True', 'Ready')],
};

test('a list has the columns of kubectl, and how long it is until the next run', () => {
  assert.equal(
    listText([aTrigger(RUN), aTrigger()], false, NOW),
    `NAME      FUNCTION   SOURCE                         READY     LAST   NEXT     FAILED   AGE
nightly   report     cron 0 3 * * * Europe/Berlin   True      10h    in 14h   1        24h
nightly   report     cron 0 3 * * * Europe/Berlin   Unknown                   0        24h`,
  );
  assert.match(listText([aTrigger()], true, NOW), /^NAMESPACE +NAME .*\nshop +nightly /);
});

test('the page of one has its runs, and what to do about one that was given up', () => {
  const spec = { onFailure: { function: 'alarm' }, onSuccess: { url: 'https://hooks.example.org/a' } };
  assert.equal(
    showText(aTrigger(RUN, spec), ' -n shop', NOW),
    `Name:       nightly in shop, made 24h ago
Function:   report
Source:     cron 0 3 * * * Europe/Berlin, overlap Forbid, missed RunOnce
Ready:      True (Ready) for 60m
Next:       2026-01-02T02:00:00Z, in 14h
Runs:       12 begun: 10 done, 1 given up, 0 open; 1 skipped
onSuccess:  https://hooks.example.org/a
onFailure:  function alarm

Last runs:
  TIME                   STATE    ATTEMPTS   ID                                  NOTE
  2026-01-01T02:00:00Z   buried   5          shop/nightly@2026-01-01T02:00:00Z   500
  2025-12-31T02:00:00Z   done     1          shop/nightly@2025-12-31T02:00:00Z

Next:
  run it now: catnap trigger run nightly -n shop
  see what was given up: catnap invocations show report shop/nightly@2026-01-01T02:00:00Z -n shop`,
  );
});

test('a source is told as the dispatcher tells it: without a zone where that is UTC', () => {
  const utc = aTrigger(undefined, { source: { cron: { ...cron, timeZone: 'UTC' } } });
  assert.match(listText([utc], false, NOW), /cron 0 3 \* \* \* +Unknown/);
});

test('one of which nothing is known yet has a page too', () => {
  const page = showText(aTrigger(), '', NOW);
  assert.match(page, /^Ready: +Unknown: nothing was said of it yet\nNext: +none$/m);
  assert.match(page, /\nNext:\n {2}run it now: catnap trigger run nightly$/);
});

test('of a function its triggers are told with what is wrong with them', () => {
  assert.deepEqual(rowsOfFunction([], NOW), []);
  const wrong = aTrigger({ conditions: [condition('False', 'InvalidSchedule', 'at character 1')] });
  assert.deepEqual(rowsOfFunction([aTrigger(RUN), wrong], NOW), [
    `NAME      SOURCE                         READY                     NEXT
nightly   cron 0 3 * * * Europe/Berlin   True                      in 14h
nightly   cron 0 3 * * * Europe/Berlin   False (InvalidSchedule)`,
  ]);
});

test('a run that would not come about is not asked for', () => {
  assert.equal(whyNotRun(aTrigger(RUN)), undefined);
  assert.equal(whyNotRun(aTrigger()), undefined);
  assert.match(String(whyNotRun(aTrigger(RUN, { suspend: true }))), /^nightly is suspended/);
  const missing = { conditions: [condition('False', 'FunctionMissing', 'there is no Function report')] };
  assert.equal(whyNotRun(aTrigger(missing)), 'nightly: there is no Function report');
  const changedSince = aTrigger(missing);
  changedSince.metadata.generation = 2;
  assert.equal(whyNotRun(changedSince), undefined);
  // A schedule is not needed for it.
  assert.equal(whyNotRun(aTrigger({ conditions: [condition('False', 'InvalidSchedule')] })), undefined);
});
