import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { TRIGGER_KIND } from '#api/names.ts';
import type { TriggerStatus } from '#api/trigger-status.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { keepTrigger } from './kept-trigger.ts';
import { aTrigger } from './testing/test-triggers.ts';
import { recordOf } from './trigger-record.ts';
import type { TriggerFault, TriggerStanding } from './trigger-status.ts';
import { TriggerStatusWriter } from './trigger-status-writer.ts';

const UID = 'uid-of-nightly';

/** A writer of one Trigger; `standing`, `refresh` and time are the test's. */
function stage() {
  const clock = new TestClock();
  const written: TriggerStatus[] = [];
  const played = { fault: undefined as TriggerFault | undefined, active: 0, refresh: async () => undefined as unknown };
  const refreshed: number[] = [];
  const trigger = keepTrigger(aTrigger('nightly'));
  const writer = new TriggerStatusWriter({
    kube: {
      apply: async (_: unknown, object: { status: TriggerStatus }) => void written.push(object.status),
    } as unknown as KubeClient,
    resource: { group: 'catnap.dev', version: 'v1alpha1', plural: 'triggers', kind: TRIGGER_KIND, namespaced: true },
    standing: (): TriggerStanding => ({
      ...{ trigger, record: recordOf(undefined), active: played.active, nextMs: undefined, fault: played.fault },
    }),
    refresh: async () => {
      refreshed.push(clock.nowMs());
      await played.refresh();
    },
    clock,
    nowMs: () => clock.nowMs(),
    log: silentLog,
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await setImmediate();
    }
  };
  return { writer, played, written, refreshed, pass };
}

test('that the store does not answer is told also where it cannot say how runs went', async () => {
  const { writer, played, written, pass } = stage();
  await using _ = writer;
  played.refresh = () => Promise.reject(new Error('the store cannot now'));
  played.fault = { reason: 'StoreUnavailable', message: 'runs cannot be stored now' };
  writer.add(UID, true);
  await pass(200);
  assert.deepEqual(
    written.map(({ conditions }) => conditions?.[0]?.reason),
    ['StoreUnavailable'],
  );
});

test('what the store did not say is asked again ten seconds later, until it says it', async () => {
  const { writer, played, written, refreshed, pass } = stage();
  await using _ = writer;
  played.refresh = () => Promise.reject(new Error('the store cannot now'));
  writer.add(UID, false);
  await pass(25_000);
  assert.equal(refreshed.length, 3, String(refreshed));
  assert.equal(written.length, 1);
  played.refresh = async () => {
    played.active = 1;
  };
  await pass(30_000);
  assert.equal(refreshed.length, 4, String(refreshed));
  assert.deepEqual(
    written.map(({ active }) => active),
    [0, 1],
  );
});
