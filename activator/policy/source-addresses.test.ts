import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipValue } from '#api/rules/ip-network.ts';
import { AddressSet, sourceAddresses } from './source-addresses.ts';

const mayAsk = (clientAddress: string, allowFrom?: string[], denyFrom?: string[]) =>
  sourceAddresses(allowFrom, denyFrom).decide({ clientAddress } as never, { caller: undefined }) === 'continue';

test('what is denied is refused though it is allowed', () => {
  assert.ok(mayAsk('10.1.0.1', ['10.0.0.0/8'], ['10.2.0.0/16']));
  assert.ok(!mayAsk('10.2.0.1', ['10.0.0.0/8'], ['10.2.0.0/16']));
  assert.ok(!mayAsk('192.0.2.1', ['10.0.0.0/8'], ['10.2.0.0/16']));
});

test('denied alone, all others may ask', () => {
  assert.ok(mayAsk('192.0.2.1', undefined, ['10.0.0.0/8']));
  assert.ok(mayAsk('2001:db8::1', undefined, ['0.0.0.0/0']));
  assert.ok(!mayAsk('::ffff:10.0.0.1', undefined, ['10.0.0.0/8']));
});

test('a client without an address is refused either way, and an empty list allows none', () => {
  assert.ok(!mayAsk('unknown', ['0.0.0.0/0', '::/0']));
  assert.ok(!mayAsk('unknown', undefined, ['10.0.0.0/8']));
  assert.ok(!mayAsk('10.0.0.1', []));
});

test('a set of networks that lie beside, in and across each other says the same as each of them', () => {
  const networks = ['10.0.0.0/9', '10.64.0.0/10', '10.127.255.255', '10.128.0.0/9', '0.0.0.0/32', '255.255.255.255'];
  const set = new AddressSet([...networks, '2001:db8::/126', '2001:db8::2', 'ffff::/16']);
  const inside = ['10.0.0.0', '10.255.255.255', '0.0.0.0', '255.255.255.255', '2001:db8::3', 'ffff::', 'ffff:f::'];
  const outside = ['9.255.255.255', '11.0.0.0', '0.0.0.1', '255.255.255.254', '2001:db8::4', 'fffe::', '::', '10.0.0'];
  assert.deepEqual(
    inside.filter((address) => !set.has(address)),
    [],
  );
  assert.deepEqual(
    outside.filter((address) => set.has(address)),
    [],
  );
  assert.ok(!new AddressSet([]).has('10.0.0.1'));
  assert.throws(() => new AddressSet(['10.0.0.0/33']), /10\.0\.0\.0\/33/);
  assert.equal(ipValue('10.0.0'), undefined);
});
