import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '../upstream/address.ts';
import { isNetwork, trustedProxies } from './trusted-proxies.ts';

test('an address has one form: mapped IPv4 as IPv4, no zone, IPv6 at its shortest', () => {
  const forms: [string, string | undefined][] = [
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['::FFFF:a00:7', '10.0.0.7'],
    ['0:0:0:0:0:ffff:10.0.0.7', '10.0.0.7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['10.0.0.7%eth0', undefined],
    ['010.0.0.7', undefined],
    ['10.0.7', undefined],
    ['[::1]', undefined],
    ['unknown', undefined],
    ['', undefined],
  ];
  for (const [text, address] of forms) assert.equal(addressOf(text), address, text);
});

test('what is no network is recognised', () => {
  for (const good of [
    '10.42.0.0/16',
    '10.42.0.9/16',
    '192.0.2.7',
    'fd00::/8',
    '::1',
    '0.0.0.0/0',
    '::ffff:10.0.0.0/104',
  ])
    assert.ok(isNetwork(good), good);
  const bad = [
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '::/129',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/8',
  ];
  for (const text of [...bad, '10.0.0.0/-1', '10.0.0.0/1e1', 'proxy.example', '*']) assert.ok(!isNetwork(text), text);
});

test('a proxy is trusted where one of the networks holds it, of its own version of IP', () => {
  const trusts = trustedProxies(['10.42.0.9/16', 'fd00::/8', '192.0.2.7', '::ffff:172.16.0.0/108']);
  const trusted = ['10.42.255.1', 'fd12:3456::1', '192.0.2.7', '172.31.0.1'];
  assert.deepEqual(
    trusted.map((address) => trusts?.(address)),
    [true, true, true, true],
  );
  const others = ['10.43.0.1', 'fe80::1', '192.0.2.8', '172.32.0.1', 'unknown', ''];
  assert.deepEqual(
    others.map((address) => trusts?.(address)),
    others.map(() => false),
  );
  assert.equal(trustedProxies(['::/0'])?.('192.0.2.1'), false);
  assert.equal(trustedProxies(['0.0.0.0/0'])?.('2001:db8::1'), false);
});

test('without networks there is nothing to ask', () => {
  assert.equal(trustedProxies([]), undefined);
});
