import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../testing/builders.ts';
import { RELEASE_MS, type ReleasedHost, readReleased, remembered, writeReleased } from './released-hosts.ts';

const some = (...entries: [host: string, namespace: string, untilMs: number][]) =>
  new Map<string, ReleasedHost>(entries.map(([host, namespace, untilMs]) => [host, { namespace, untilMs }]));

test('what is written is read again', () => {
  const released = some(['a.example', 'shop', at(60)], ['b.example', 'web', at(120)]);
  const text = writeReleased(released);
  assert.equal(text.split('\n')[0], 'a.example shop 2026-01-01T00:01:00.000Z');
  assert.deepEqual(readReleased(text, at(0)), released);
});

test('hosts that are free are not remembered, and what is no line counts for nothing', () => {
  const text = 'a.example shop 2026-01-01T00:00:10.000Z\nnonsense\n\nb.example\nc.example web never\n';
  assert.deepEqual(readReleased(text, at(10)), new Map());
  assert.equal(remembered(some(['a.example', 'shop', at(10)]), at(10)).size, 0);
});

test('nothing that was written keeps a host for longer than a day', () => {
  const kept = readReleased('a.example shop 2999-01-01T00:00:00.000Z\n', at(0));
  assert.equal(kept.get('a.example')?.untilMs, at(0) + RELEASE_MS);
});

test('a namespace that lets go of very many hosts takes no other one’s place', () => {
  const flood = Array.from({ length: 50_000 }, (_, i): [string, string, number] => [
    `h${i}.evil`,
    `evil${i % 100}`,
    at(i + 10),
  ]);
  const kept = remembered(some(['a.example', 'shop', at(1)], ...flood), at(0));
  assert.equal(kept.size, 2_000);
  assert.ok(kept.has('a.example'));
  assert.ok(writeReleased(kept).length < 700_000);
});
