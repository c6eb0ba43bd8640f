import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import { ipRange, ipValue } from './ip-network.ts';

const holds = (network: string, address: string): boolean => {
  const range = ipRange(network);
  const value = ipValue(address);
  assert.ok(range !== undefined && value !== undefined, `${network} ${address}`);
  return typeof value === (range.version === 4 ? 'number' : 'bigint') && value >= range.first && value <= range.last;
};

test('a network holds what has its prefix', () => {
  for (const [network, inside, outside] of [
    ['10.0.0.0/8', '10.255.255.255', '11.0.0.0'],
    ['10.1.2.3/8', '10.0.0.0', '9.255.255.255'],
    ['203.0.113.7', '203.0.113.7', '203.0.113.8'],
    ['128.0.0.0/1', '255.255.255.255', '127.255.255.255'],
    ['0.0.0.0/0', '255.255.255.255', '::1'],
    ['::/0', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '1.2.3.4'],
    ['2001:db8::/32', '2001:db8:ffff::1', '2001:db9::'],
    ['2001:DB8::/127', '2001:db8::1', '2001:db8::2'],
    ['::1', '0:0:0:0:0:0:0:1', '::2'],
  ] as const) {
    assert.ok(holds(network, inside), `${inside} in ${network}`);
    assert.ok(!holds(network, outside), `${outside} not in ${network}`);
  }
});

test('IPv4 that is written as IPv6 is IPv4, in networks and in addresses', () => {
  assert.ok(holds('10.0.0.0/8', '::ffff:10.1.2.3'));
  assert.ok(holds('10.0.0.0/8', '::ffff:a01:203'));
  assert.ok(holds('::ffff:10.0.0.0/104', '10.255.0.1'));
  assert.ok(!holds('::ffff:10.0.0.0/104', '11.0.0.0'));
  assert.ok(holds('::ffff:10.0.0.1', '10.0.0.1'));
  assert.deepEqual(ipRange('::ffff:0.0.0.0/96'), ipRange('0.0.0.0/0'));
});

test('what two readers understand in two ways is no network', () => {
  const wrong = [
    ...['', '/', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/8/8', '10.0.0.0/8 '],
    ...['10.0.0', '10.0.0.0.0', '010.0.0.1', '10.0.0.256', '1e1.0.0.0', '0x0a.0.0.1', ' 10.0.0.1', '١.0.0.1'],
    ...[':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', 'g::', '::/129'],
    ...[
      'fe80::1%eth0',
      '[::1]',
      '1.2.3.4::',
      '::1.2.3',
      '::1.2.3.4:5',
      '::1.2.3.04',
      'localhost',
      '::ffff:1.2.3.4/129',
    ],
  ];
  for (const text of wrong) assert.equal(ipRange(text), undefined, text);
});

test('an address is one where Node takes it for one', () => {
  for (const text of [
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1::8',
    '::',
    '::1.2.3.4',
    '1:2:3:4:5:6:1.2.3.4',
    '0.0.0.0',
  ])
    assert.deepEqual([ipValue(text) !== undefined, isIP(text) !== 0], [true, true], text);
  assert.equal(ipValue('::1.2.3.4'), 0x0102_0304n);
});
