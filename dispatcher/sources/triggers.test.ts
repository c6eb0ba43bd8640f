import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asyncPolicy } from '../functions/async-policy.ts';
import { DEFAULT_LIMITS } from '../store/store.ts';
import { aTrigger, TestTriggers } from './testing/test-triggers.ts';

const UID = 'uid-of-nightly';
const id = (minute: number) => `shop/nightly@2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`;
const counts = (stage: TestTriggers) => stage.triggers.standing(UID)?.record.counts;

async function begun(trigger = aTrigger('nightly')): Promise<TestTriggers> {
  const stage = new TestTriggers();
  await stage.put(trigger);
  await stage.start();
  return stage;
}

test('a run is stored when it is due, as a CloudEvent for the function', async () => {
  const stage = await begun(aTrigger('nightly', {}, { spec: { data: { days: 30 } } }));
  await stage.pass(59);
  assert.deepEqual(stage.stored, []);
  await stage.pass(1);
  assert.deepEqual(stage.stored, [id(1)]);
  const { head, body } = stage.store.payload(id(1)) ?? assert.fail();
  assert.deepEqual(JSON.parse(Buffer.from(body).toString()), { days: 30 });
  const { method, path, headers } = JSON.parse(Buffer.from(head).toString());
  assert.deepEqual([method, path], ['POST', '/']);
  assert.ok(headers.includes(id(1)) && headers.includes('2026-01-01T10:01:00Z'), String(headers));
  assert.equal(stage.triggers.standing(UID)?.active, 1);
});

test('under Forbid a run that is due while one is open is skipped and told, and runs again once that has ended', async () => {
  const stage = await begun();
  await stage.pass(120);
  assert.deepEqual(stage.stored, [id(1)]);
  await stage.finish();
  await stage.pass(60);
  assert.deepEqual(stage.stored, [id(1), id(3)]);
  assert.deepEqual(counts(stage), { scheduled: 2, succeeded: 1, failed: 0, skipped: 1 });
  const states = stage.triggers.standing(UID)?.record.history.map(({ state }) => state);
  assert.deepEqual(states, ['waiting', 'skipped', 'done']);
});

test('under Replace the open one is cancelled before the next is stored', async () => {
  const stage = await begun(aTrigger('nightly', { overlap: 'Replace' }));
  await stage.pass(120);
  assert.deepEqual([stage.store.entry(id(1))?.state, stage.store.entry(id(2))?.state], ['cancelled', 'waiting']);
  assert.equal(stage.triggers.standing(UID)?.active, 1);
});

test('what ended elsewhere, or went with its function, holds up nothing', async () => {
  const stage = await begun();
  await stage.pass(60);
  stage.store.cancelByOwner('uid-of-report');
  await stage.pass(60);
  assert.deepEqual(stage.stored, [id(1), id(2)]);
});

test('what waits of a Trigger that is gone or suspended is cancelled, whether the process was told or not', async () => {
  for (const how of ['remove', 'lose', 'suspend'] as const) {
    const stage = await begun();
    await stage.pass(60);
    if (how === 'remove') await stage.remove(UID);
    if (how === 'lose') stage.lose(UID);
    if (how === 'suspend') await stage.put(aTrigger('nightly', {}, { spec: { suspend: true } }));
    else await stage.restart();
    await stage.pass(120);
    assert.equal(stage.store.entry(id(1))?.state, 'cancelled', how);
    assert.deepEqual(stage.stored, [id(1)], how);
    if (how !== 'suspend') assert.deepEqual(stage.store.cursors(''), [], how);
  }
});

test('what is being stored of a Trigger while that goes is cancelled', async () => {
  const stage = await begun();
  await stage.pass(59);
  stage.during = () => void stage.remove(UID);
  await stage.pass(1);
  assert.deepEqual(stage.stored, [id(1)]);
  assert.equal(stage.store.entry(id(1))?.state, 'cancelled');
  assert.deepEqual(stage.store.cursors(''), []);
});

test('what was due while it was suspended is not made up for, also where the process ended meanwhile', async () => {
  const stage = await begun();
  await stage.put(aTrigger('nightly', {}, { spec: { suspend: true } }));
  await stage.pass(600);
  await stage.triggers.stop();
  await stage.pass(60);
  await stage.put(aTrigger('nightly'));
  await stage.restart();
  assert.deepEqual(stage.stored, []);
  await stage.pass(60);
  assert.deepEqual(stage.stored, [id(12)]);
});

test('after a change of the schedule it begins anew from then', async () => {
  const stage = await begun(aTrigger('nightly', { schedule: '0 3 * * *' }));
  await stage.pass(300);
  await stage.triggers.stop();
  await stage.put(aTrigger('nightly'));
  await stage.restart();
  assert.deepEqual(stage.stored, []);
  await stage.pass(60);
  assert.deepEqual(stage.stored, [id(6)]);
});

test('a Trigger begins when it was made, though no dispatcher ran then, unless it was changed or worked before', async () => {
  const made = (at: string) => aTrigger('nightly', { missed: 'RunOnce' }, { creationTimestamp: at });
  const before = '2026-01-01T09:58:30Z';
  const stageOf = async (trigger: ReturnType<typeof made>) => {
    const stage = new TestTriggers();
    stage.clock.advance(30_000);
    await stage.put(trigger);
    await stage.start();
    return stage;
  };
  assert.deepEqual((await stageOf(made(before))).stored, [id(0)]);
  assert.deepEqual((await stageOf(made('2026-01-01T10:00:00Z'))).stored, []);
  assert.deepEqual((await stageOf(made('2026-01-01T11:00:00Z'))).stored, []);
  const changed = made(before);
  changed.metadata.generation = 2;
  assert.deepEqual((await stageOf(changed)).stored, []);
  const worked = { ...made(before), status: { active: 0 } } as unknown as ReturnType<typeof made>;
  assert.deepEqual((await stageOf(worked)).stored, []);
});

test('a function that is missing runs nothing until it is there', async () => {
  const stage = await begun(aTrigger('nightly', {}, { spec: { function: 'late' } }));
  await stage.pass(60);
  assert.equal(stage.triggers.standing(UID)?.fault?.reason, 'FunctionMissing');
  stage.functions.add('late');
  stage.triggers.functionChanged({ namespace: 'shop', name: 'late' });
  await stage.pass(60);
  assert.deepEqual(stage.stored, [id(2)]);
  assert.deepEqual(counts(stage), { scheduled: 1, succeeded: 0, failed: 0, skipped: 1 });
});

test('each value of the annotation is run once, whatever is restarted', async () => {
  const asked = (value: string) =>
    aTrigger('nightly', { schedule: '0 0 30 2 *' }, { annotations: { 'catnap.dev/run-now': value } });
  const stage = await begun(asked('a'));
  for (const value of ['a', 'b', 'b', 'c']) {
    await stage.put(asked(value));
    await stage.restart();
    await stage.finish();
    stage.store.forget(stage.stored);
    await stage.restart();
  }
  assert.deepEqual(stage.stored, ['shop/nightly@run-a', 'shop/nightly@run-b', 'shop/nightly@run-c']);
});

test('what the bounds of a function refuse is skipped with that word, and holds up no other', async () => {
  const stage = new TestTriggers({ perFunction: { entries: 1, bytes: DEFAULT_LIMITS.perFunction.bytes } });
  stage.functions.add('other');
  await stage.put(aTrigger('nightly', { overlap: 'Allow' }));
  await stage.put(aTrigger('hourly', {}, { spec: { function: 'other' } }));
  await stage.start();
  await stage.pass(60);
  assert.equal(stage.stored.length, 2);
  await stage.pass(60);
  const [last] = stage.triggers.standing(UID)?.record.history ?? [];
  assert.deepEqual([last?.state, last?.note], ['skipped', 'too much waits already (function entries)']);
});

test('while the store cannot, it is told; then nothing was lost', async () => {
  const stage = await begun(aTrigger('nightly', { overlap: 'Allow' }));
  await stage.pass(59);
  stage.fails = 'before';
  await stage.pass(1);
  assert.equal(stage.triggers.standing(UID)?.fault?.reason, 'StoreUnavailable');
  await stage.pass(2);
  assert.equal(stage.triggers.standing(UID)?.fault, undefined);
  assert.deepEqual(stage.stored, [id(1)]);
});

test('a run whose storing was not answered is not stored again, also where it has ended and is forgotten already', async () => {
  const stage = new TestTriggers({ results: { ...DEFAULT_LIMITS.results, ageMs: 0 } });
  await stage.put(aTrigger('nightly', { overlap: 'Allow' }));
  await stage.start();
  await stage.pass(59);
  stage.fails = 'after';
  await stage.pass(1);
  await stage.finish();
  await stage.pass(5);
  assert.deepEqual(stage.stored, [id(1)]);
});

test('a run that has ended holds up no other under Forbid, also where the store may have been reached or not', async () => {
  for (const ageMs of [0, 60_000]) {
    const stage = new TestTriggers({ results: { ...DEFAULT_LIMITS.results, ageMs } });
    await stage.put(aTrigger('nightly'));
    await stage.start();
    await stage.pass(60);
    await stage.finish();
    await stage.pass(59);
    stage.fails = 'unreached';
    await stage.pass(3);
    assert.deepEqual(stage.stored, [id(1), id(2)]);
    assert.deepEqual(counts(stage), { scheduled: 2, succeeded: 1, failed: 0, skipped: 0 });
    const states = stage.triggers.standing(UID)?.record.history.map(({ state }) => state);
    assert.deepEqual(states, ['waiting', 'done']);
  }
});

test('a run that has ended is looked up once more to be told of, and then only after it ended anew', async () => {
  const stage = await begun();
  await stage.pass(60);
  await stage.finish();
  const looked = async () => {
    stage.looked.length = 0;
    await stage.triggers.refresh(UID);
    return stage.looked;
  };
  assert.deepEqual(await looked(), [id(1)]);
  assert.deepEqual(await looked(), []);
  stage.triggers.ended(id(1), 'done');
  assert.deepEqual(await looked(), [id(1)]);
});

test('a run is tried again as its Trigger says, and other work as its function does', async () => {
  const stage = await begun(aTrigger('nightly', {}, { spec: { retry: { maxAttempts: 2, maxBackoffSeconds: 7 } } }));
  const policy = asyncPolicy({ uid: 'uid-of-report', namespace: 'shop', name: 'report' });
  assert.deepEqual(stage.triggers.policyOf(policy, id(1)), { ...policy, maxAttempts: 2, maxBackoffMs: 7_000 });
  assert.equal(stage.triggers.policyOf(policy, '0198c0de-5f2a-7c31-9d0e-6f1b2a3c4d5e'), policy);
  assert.equal(stage.triggers.policyOf(undefined, id(1)), undefined);
});

test('of a run its Trigger’s destinations are told, or its function’s where the Trigger has none', async () => {
  const owner = { uid: 'uid-of-report', namespace: 'shop', name: 'report' };
  const policy = asyncPolicy(owner, { onSuccess: { function: 'a' }, onFailure: { function: 'b' } });
  const telling = async (spec: object) => {
    const { onSuccess, onFailure } =
      (await begun(aTrigger('nightly', {}, { spec }))).triggers.policyOf(policy, id(1)) ?? {};
    return { onSuccess, onFailure };
  };
  const own = { onFailure: { url: 'https://hooks.example/' } };
  assert.deepEqual(await telling(own), { onSuccess: undefined, ...own });
  assert.deepEqual(await telling({}), { onSuccess: { function: 'a' }, onFailure: { function: 'b' } });
});
