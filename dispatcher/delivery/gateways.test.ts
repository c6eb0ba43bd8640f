import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Gateway, Gateways } from './gateways.ts';

const ready = (...urls: string[]) => urls.map((url) => ({ url, ready: true }));

function gatewaysOf(...urls: string[]): Gateways {
  const gateways = new Gateways();
  gateways.set(ready(...urls));
  return gateways;
}

function picked(gateways: Gateways, times: number, nowMs = 0): string[] {
  return Array.from({ length: times }, () => {
    const gateway = gateways.pick(nowMs) as Gateway;
    gateway.running += 1;
    return gateway.url;
  });
}

test('deliveries are spread evenly', () => {
  const gateways = gatewaysOf('a', 'b', 'c');
  const urls = picked(gateways, 30);
  for (const url of ['a', 'b', 'c']) assert.equal(urls.filter((one) => one === url).length, 10);
});

test('the one with the fewest is sent the next', () => {
  const gateways = gatewaysOf('a', 'b');
  for (const gateway of gateways.all) gateway.running = gateway.url === 'a' ? 5 : 1;
  assert.deepEqual(picked(gateways, 4), ['b', 'b', 'b', 'b']);
});

test('idle ones take turns', () => {
  const gateways = gatewaysOf('a', 'b');
  assert.notEqual(gateways.pick(0)?.url, gateways.pick(0)?.url);
});

test('one that cannot be reached is left aside for a while, then tried by one delivery', () => {
  const gateways = gatewaysOf('a', 'b');
  const a = gateways.all[0] as Gateway;
  gateways.failed(a, { begunAtMs: 0, nowMs: 0 });
  assert.equal(gateways.allowed(499), Number.POSITIVE_INFINITY);
  assert.deepEqual(picked(gateways, 3, 499), ['b', 'b', 'b']);
  assert.deepEqual(picked(gateways, 3, 500), ['a', 'b', 'b']);
  gateways.succeeded(a);
  assert.deepEqual(picked(gateways, 1, 501), ['a']);
});

test('where all are left aside, none is picked until the first may be tried', () => {
  const gateways = gatewaysOf('a', 'b');
  for (const gateway of gateways.all) gateways.failed(gateway, { begunAtMs: 0, nowMs: gateway.url === 'a' ? 0 : 100 });
  assert.equal(gateways.pick(499), undefined);
  assert.equal(gateways.allowed(499), 0);
  assert.equal(gateways.nextMs, 500);
  assert.equal(gateways.allowed(500), 1);
  assert.equal(gateways.allowed(600), 2);
});

test('one that leaves gets nothing new, and is listed until it is gone', () => {
  const gateways = gatewaysOf('a', 'b');
  const a = gateways.all[0] as Gateway;
  gateways.set([{ url: 'a', ready: false }, ...ready('b')]);
  assert.deepEqual(picked(gateways, 2), ['b', 'b']);
  assert.deepEqual([gateways.isListed(a), gateways.isReady(a)], [true, false]);
  gateways.set(ready('b'));
  assert.equal(gateways.isListed(a), false);
});

test('one that is listed anew knows nothing of the failures before', () => {
  const gateways = gatewaysOf('a');
  const before = gateways.all[0] as Gateway;
  gateways.failed(before, { begunAtMs: 0, nowMs: 0 });
  gateways.set([]);
  gateways.set(ready('a'));
  assert.equal(gateways.pick(0)?.url, 'a');
  assert.equal(gateways.isListed(before), false);
});

test('without a gateway there is none to wait for', () => {
  const gateways = gatewaysOf();
  assert.deepEqual([gateways.pick(0), gateways.nextMs, gateways.allowed(0)], [undefined, undefined, 0]);
});

test('who listens is told of each change', () => {
  const gateways = gatewaysOf();
  let changes = 0;
  gateways.onChange(() => {
    changes += 1;
  });
  gateways.set(ready('a'));
  gateways.set([]);
  assert.equal(changes, 2);
});

test('one that hangs gets nothing, not even to try it, until it answers', () => {
  const gateways = gatewaysOf('a', 'b');
  const a = gateways.all[0] as Gateway;
  gateways.failed(a, { begunAtMs: 1, nowMs: 1 });
  gateways.setHung(a, true);
  assert.deepEqual(picked(gateways, 2, 10_000), ['b', 'b']);
  assert.equal(gateways.nextMs, undefined);
  gateways.setHung(a, false);
  assert.deepEqual(picked(gateways, 1, 10_000), ['a']);
});
