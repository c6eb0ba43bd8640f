import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOfAddress, keyOfText } from './limit-keys.ts';

test('each IPv4 address counts for itself', () => {
  const keys = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '255.255.255.255', '0.0.0.0'].map(keyOfAddress);
  assert.equal(new Set(keys.map(({ high, low }) => `${high} ${low}`)).size, keys.length);
});

test('IPv6 addresses of one /64 count together, and those of two apart', () => {
  assert.deepEqual(keyOfAddress('2001:db8:1:2::1'), keyOfAddress('2001:db8:1:2:ffff:1:2:3'));
  assert.deepEqual(keyOfAddress('2001:db8::1'), keyOfAddress('2001:db8:0:0:7::'));
  assert.notDeepEqual(keyOfAddress('2001:db8:1:2::1'), keyOfAddress('2001:db8:1:3::1'));
  assert.notDeepEqual(keyOfAddress('2001:db8:1:2::1'), keyOfAddress('2001:db9:1:2::1'));
  assert.deepEqual(keyOfAddress('::1'), { high: 0, low: 0 });
  assert.deepEqual(keyOfAddress('2001:db8:1:2:3:4:5:6'), { high: 0x2001_0db8, low: 0x0001_0002 });
});

test('IPv4 never counts together with IPv6', () => {
  assert.notDeepEqual(keyOfAddress('10.0.0.1'), keyOfAddress('::a00:1'));
});

test('clients whose address is not known count as one', () => {
  const unknown = keyOfAddress('unknown');
  for (const text of ['', '_hidden', '1.2.3', '1.2.3.4.5', '300.1.1.1', '1..2.3'])
    assert.deepEqual(keyOfAddress(text), unknown, text);
});

test('a text counts by what it is and by its beginning, however long it is', () => {
  assert.deepEqual(keyOfText('caller', 'a'), keyOfText('caller', 'a'));
  assert.notDeepEqual(keyOfText('caller', 'a'), keyOfText('caller', 'b'));
  assert.notDeepEqual(keyOfText('caller', 'a'), keyOfText('header', 'a'));
  assert.deepEqual(keyOfText('header', 'x'.repeat(100_000)), keyOfText('header', 'x'.repeat(8_192)));
});
