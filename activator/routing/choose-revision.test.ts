import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseRevision, type RevisionFacts } from './choose-revision.ts';

const facts = (some: Partial<RevisionFacts>): RevisionFacts => ({
  latest: 'new',
  serving: 'old',
  latestCanTakeOver: false,
  overtaken: undefined,
  latestFailed: false,
  servingHasPods: false,
  ...some,
});

test('there is nothing to choose before the first revision', () => {
  assert.equal(chooseRevision(facts({ latest: undefined, serving: undefined })), undefined);
});

test('the only revision takes the traffic, failed or not', () => {
  assert.equal(chooseRevision(facts({ latest: 'one', serving: 'one', latestFailed: true })), 'one');
  assert.equal(chooseRevision(facts({ latest: 'one', serving: undefined })), 'one');
  assert.equal(chooseRevision(facts({ latest: undefined, serving: 'one' })), 'one');
});

test('a new revision with enough replicas takes the traffic from one that runs', () => {
  assert.equal(chooseRevision(facts({ latestCanTakeOver: true, servingHasPods: true })), 'new');
});

test('the old revision keeps the traffic while it runs and the new one does not answer', () => {
  assert.equal(chooseRevision(facts({ servingHasPods: true })), 'old');
});

test('with both asleep the new one is tried', () => {
  assert.equal(chooseRevision(facts({})), 'new');
});

test('with both asleep a new one that is known to fail is left alone', () => {
  assert.equal(chooseRevision(facts({ latestFailed: true })), 'old');
});

test('one between the two that answers has the traffic until the newest does, whatever the old one has', () => {
  for (const some of [{ servingHasPods: true }, { latestFailed: true }, {}, { latest: 'one', serving: 'one' }]) {
    assert.equal(chooseRevision(facts({ ...some, overtaken: 'between' })), 'between');
    assert.equal(
      chooseRevision(facts({ ...some, overtaken: 'between', latestCanTakeOver: true })),
      some.latest ?? 'new',
    );
  }
});
