import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '../kube/resources.ts';
import { type LeaseSpec, leaseStep, releasedSpec, type Sighting, sight } from './lease-record.ts';

const WALL_MS = Date.parse('2026-01-01T00:00:00Z');
const NOW = '2026-01-01T00:00:00.000000Z';
const b = { identity: 'b', leaseMs: 15_000 };

const aLease = (spec: LeaseSpec = {}, resourceVersion = '7'): Lease => ({
  metadata: { name: 'operator', namespace: 's', resourceVersion },
  spec: {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: 'x',
    renewTime: 'y',
    leaseTransitions: 3,
    ...spec,
  },
});
const seen = (lease: Lease, sinceMs = 0): Sighting => ({ lease, gone: false, sinceMs });
const stepOf = (sighting: Sighting | undefined, nowMs = 0) => leaseStep(sighting, b, { nowMs, wallMs: WALL_MS });

test('makes the lease where there is none', () => {
  assert.deepEqual(stepOf(undefined), {
    kind: 'write',
    spec: { holderIdentity: 'b', leaseDurationSeconds: 15, acquireTime: NOW, renewTime: NOW, leaseTransitions: 0 },
    onto: undefined,
  });
});

test("another's is respected until it has said the same for as long as it asks", () => {
  const held = seen(aLease(), 1_000);
  assert.deepEqual(stepOf(held, 15_999), { kind: 'wait', untilMs: 16_000 });
  assert.deepEqual(stepOf(held, 16_000), {
    kind: 'write',
    spec: { holderIdentity: 'b', leaseDurationSeconds: 15, acquireTime: NOW, renewTime: NOW, leaseTransitions: 4 },
    onto: held.lease,
  });
});

test('what its times say does not matter, only that they change', () => {
  const first = sight(undefined, aLease({ renewTime: '1999-01-01T00:00:00.000000Z' }), 100);
  assert.deepEqual(stepOf(first, 200), { kind: 'wait', untilMs: 15_100 });
  const renewed = sight(first, aLease({ renewTime: '1998-01-01T00:00:00.000000Z' }, '8'), 9_000);
  assert.deepEqual(stepOf(renewed, 15_200), { kind: 'wait', untilMs: 24_000 });
});

test('one that is written without another word in it is not renewed', () => {
  const first = sight(undefined, aLease({}, '7'), 100);
  const touched = sight(first, aLease({}, '8'), 9_000);
  assert.equal(touched?.sinceMs, 100);
  assert.equal(touched?.lease.metadata?.resourceVersion, '8');
});

test('a released one is taken at once', () => {
  const released = seen(aLease(releasedSpec(aLease().spec, WALL_MS)));
  assert.deepEqual(released.lease.spec, {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: NOW,
    renewTime: NOW,
    leaseTransitions: 3,
  });
  assert.equal(stepOf(released).kind, 'write');
});

test('one that somebody deleted is respected as long as if it were there, then made anew', () => {
  const gone = sight(seen(aLease()), undefined, 5_000);
  assert.deepEqual(stepOf(gone, 14_999), { kind: 'wait', untilMs: 15_000 });
  const step = stepOf(gone, 15_000);
  assert.ok(step.kind === 'write' && step.onto === undefined && step.spec.leaseTransitions === 4);
});

test("one's own is renewed: the time of taking it and the count stay", () => {
  const mine = seen(aLease({ holderIdentity: 'b' }));
  assert.deepEqual(stepOf(mine, 99_000), {
    kind: 'write',
    spec: { holderIdentity: 'b', leaseDurationSeconds: 15, acquireTime: 'x', renewTime: NOW, leaseTransitions: 3 },
    onto: mine.lease,
  });
});
