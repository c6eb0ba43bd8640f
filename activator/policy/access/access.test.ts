import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestFacts } from '../policy.ts';
import { access } from './access.ts';
import type { Admission, Denial, WayIn } from './way-in.ts';

const REQUEST = {} as RequestFacts;
const NOBODY = { caller: undefined };
const CI = { way: 'apiKeys', name: 'ci' };
const absent = (challenge?: string): Denial => ({
  denied: 'absent',
  why: `no ${challenge}`,
  ...(challenge && { challenge }),
});
const aWay = (judged: Admission | Denial | Promise<Admission | Denial>, ...withheld: string[]): WayIn => ({
  withheld,
  judge: () => judged,
});
const decide = (...ways: WayIn[]) => access(ways).decide(REQUEST, NOBODY);

test('any way suffices, and the credentials of all of them stay here', () => {
  const decided = decide(aWay(absent('A'), 'authorization'), aWay({ caller: CI, given: ['x-a', 'b'] }, 'x-api-key'));
  assert.deepEqual(decided, {
    pass: {
      caller: CI,
      withheld: ['authorization', 'x-api-key'],
      given: ['x-catnap-caller-way', 'apiKeys', 'x-catnap-caller-name', 'ci', 'x-a', 'b'],
    },
  });
});

test('without any it is 401 with a challenge for each way that has one, each once', () => {
  const decided = decide(
    aWay(absent('Bearer')),
    aWay(absent()),
    aWay(absent('ApiKey header="X"')),
    aWay(absent('Bearer')),
  );
  assert.deepEqual(decided, {
    code: 'Unauthorized',
    message: 'no Bearer; no undefined; no ApiKey header="X"',
    headers: ['www-authenticate', 'Bearer', 'www-authenticate', 'ApiKey header="X"'],
  });
});

test('it is 403 where one way knows who asks, unless another lets the request in', () => {
  const forbidden: Denial = { denied: 'forbidden', why: 'not one of them', caller: CI };
  const refused = decide(aWay(absent('Bearer')), aWay(forbidden), aWay(absent('ApiKey')));
  assert.deepEqual(refused, { code: 'Forbidden', message: 'not one of them', headers: [], caller: CI });
  assert.ok('pass' in (decide(aWay(forbidden), aWay({ caller: undefined })) as object));
});

test('ways that have to wait are asked in their turn', async () => {
  const decided = decide(
    aWay(Promise.resolve(absent('Bearer'))),
    aWay(absent('ApiKey')),
    aWay(Promise.resolve({ caller: CI })),
  );
  assert.ok(decided instanceof Promise);
  assert.ok('pass' in ((await decided) as object));
  const refused = await decide(aWay(Promise.resolve(absent('Bearer'))), aWay(absent('ApiKey')));
  assert.deepEqual((refused as { headers: string[] }).headers.length, 4);
});
