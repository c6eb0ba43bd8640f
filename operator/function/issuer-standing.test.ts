import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#api/conditions.ts';
import { type IssuerStanding, issuerFinding, newIssuerNotes, type Reach } from './issuer-standing.ts';

const ISSUER = 'https://login.example';
const one = (reach: Reach, why?: string): IssuerStanding => ({
  field: 'spec.access[1].jwt',
  issuer: ISSUER,
  reach,
  why,
});
const route = (status: Condition['status'], reason: Condition['reason'], message = 'before') =>
  ({ type: 'RouteReady', status, reason, message, observedGeneration: 2, lastTransitionTime: '' }) as Condition;
const BEFORE = [undefined, route('True', 'Ready'), route('Unknown', 'Progressing'), route('False', 'PolicyInvalid')];

test('an issuer that never answered closes, with the field, and says what callers get', () => {
  for (const before of BEFORE) {
    const finding = issuerFinding([one('answers'), one('unreachable', 'only https is called')], before, 2);
    assert.deepEqual(finding, {
      status: 'False',
      reason: 'PolicyInvalid',
      message: `spec.access[1].jwt: the issuer ${ISSUER} does not give its keys (only https is called); callers with its tokens get 401 until it does`,
    });
  }
});

test('one whose keys the gateways have is a note: the function stays as ready as it was', () => {
  for (const before of BEFORE) {
    const finding = issuerFinding([one('away', 'why')], before, 2);
    assert.equal(finding.status, 'True');
    assert.match(
      'notes' in finding ? finding.notes.join() : '',
      /does not give its keys \(why\); keys that gateways have/,
    );
  }
});

test('one that answers, or that nobody waits for, says nothing', () => {
  for (const before of BEFORE) {
    for (const standings of [[], [one('answers')], [one('unasked')]])
      assert.deepEqual(issuerFinding(standings, before, 2), { status: 'True', notes: [] });
  }
});

test('while it is asked what was said of this spec before stays; of a spec that is new, nothing is known', () => {
  const status = (before: Condition | undefined, generation = 2) =>
    issuerFinding([one('asking')], before, generation).status;
  assert.deepEqual(
    BEFORE.map((before) => status(before)),
    ['Unknown', 'True', 'Unknown', 'False'],
  );
  assert.deepEqual(
    BEFORE.map((before) => status(before, 3)),
    ['Unknown', 'Unknown', 'Unknown', 'Unknown'],
  );
  const kept = issuerFinding([one('asking')], route('False', 'PolicyInvalid', 'as it was'), 2);
  assert.deepEqual(kept, { status: 'False', reason: 'PolicyInvalid', message: 'as it was' });
  assert.equal(status(route('False', 'RouteConflict')), 'True', 'what another thing was wrong for is decided anew');
});

test('an outage is news once, whatever it is for', () => {
  const message = (why: string) => {
    const finding = issuerFinding([one('away', why)], undefined, 2);
    return ['answers at http://x', ...('notes' in finding ? finding.notes : [])].join('\n');
  };
  assert.equal(newIssuerNotes('answers at http://x', message('a')).length, 1);
  assert.deepEqual(newIssuerNotes(message('a'), message('b')), []);
  assert.deepEqual(newIssuerNotes(message('a'), 'answers at http://x'), []);
});
