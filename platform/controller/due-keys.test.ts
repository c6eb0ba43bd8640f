import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DueKeys } from './due-keys.ts';

const free = () => false;

/** All that is in, in the order in which it is taken. */
function drained(due: DueKeys): string[] {
  const order: string[] = [];
  for (let next = due.take(free); next !== undefined; next = due.take(free)) order.push(next.key);
  return order;
}

test('the more urgent priority comes first, each in the order of arrival', () => {
  const due = new DueKeys();
  due.add('c', 'low');
  due.add('b', 'normal');
  due.add('a2', 'high');
  due.add('a1', 'high');
  assert.equal(due.size, 4);
  assert.deepEqual(drained(due), ['a2', 'a1', 'b', 'c']);
});

test('a key is in once: it moves up when it becomes more urgent, and never down', () => {
  const due = new DueKeys();
  due.add('a', 'low');
  due.add('b', 'normal');
  due.add('a', 'high');
  due.add('a', 'low');
  assert.equal(due.size, 2);
  assert.deepEqual(drained(due), ['a', 'b']);
  assert.equal(due.has('a'), false);
});

test('no priority starves while more urgent keys go on coming', () => {
  const due = new DueKeys();
  for (let i = 0; i < 10; i += 1) due.add(`low-${i}`, 'low');
  for (let i = 0; i < 10; i += 1) due.add(`normal-${i}`, 'normal');
  const taken = Array.from({ length: 90 }, (_, i) => {
    due.add(`high-${i}`, 'high');
    return due.take(free)?.priority;
  });
  const share = (priority: string) => taken.filter((one) => one === priority).length;
  assert.ok(share('low') >= 8, `${share('low')} low`);
  assert.ok(share('normal') >= 8, `${share('normal')} normal`);
  assert.ok(share('high') >= 65, `${share('high')} high`);
});

test('what is held stays in, and others are taken before it', () => {
  const due = new DueKeys();
  due.add('a', 'high');
  due.add('b', 'low');
  const held = (key: string) => key === 'a';
  assert.deepEqual(due.take(held), { key: 'b', priority: 'low' });
  assert.equal(due.take(held), undefined);
  assert.deepEqual(due.take(free), { key: 'a', priority: 'high' });
});
