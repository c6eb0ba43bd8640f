import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReachableAddresses } from './reachable-addresses.ts';

test('addresses of the Internet may be called', () => {
  const addresses = new ReachableAddresses();
  for (const one of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])
    assert.ok(addresses.has(one), one);
});

test('this machine, its link, private networks and what leads back to them may not, in whatever spelling', () => {
  const addresses = new ReachableAddresses();
  const inside = [
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.96.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '192.0.0.192', '224.0.0.1', '255.255.255.255', '198.18.0.1'],
    ...['::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:169.254.169.254', '::7f00:1', '0:0:0:0:0:ffff:a00:1'],
    ...[
      'fe80::1',
      'fd00:ec2::254',
      'fc00::1',
      '64:ff9b::a9fe:a9fe',
      '::ffff:0:127.0.0.1',
      '2002:7f00:1::',
      '2001::1',
      'ff02::1',
      'fec0::1',
    ],
    ...['', 'localhost', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', 'fe80::1%eth0', '[::1]', '8.8.8.8%1'],
  ];
  for (const one of inside) assert.equal(addresses.has(one), false, one);
});

test('networks that are allowed may be called, others stay closed', () => {
  const addresses = new ReachableAddresses(['127.0.0.0/8', 'fd00::/8', '10.1.2.3']);
  for (const one of ['127.0.0.1', '::ffff:127.0.0.1', 'fd12::1', '10.1.2.3']) assert.ok(addresses.has(one), one);
  for (const one of ['10.1.2.4', '::1', '169.254.169.254', 'fc00::1']) assert.equal(addresses.has(one), false, one);
});

test('networks of IPv6, however wide, allow nothing of IPv4; those in its form do', () => {
  const all6 = new ReachableAddresses(['::/0']);
  assert.ok(all6.has('fd00::1'));
  for (const one of ['10.0.0.1', '169.254.169.254', '::ffff:169.254.169.254']) assert.equal(all6.has(one), false, one);
  const mapped = new ReachableAddresses(['::ffff:10.0.0.0/104']);
  for (const one of ['10.0.0.1', '::ffff:10.9.9.9']) assert.ok(mapped.has(one), one);
  for (const one of ['11.0.0.1', '::1', '169.254.169.254']) assert.equal(mapped.has(one), one === '11.0.0.1', one);
});
