import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerUrls } from './peer-urls.ts';

const slice = (addressType: string, endpoints: object[], name = 'ops') => ({
  addressType,
  ports: [{ name, port: 9090 }],
  endpoints,
});
const pod = (address: string, uid: string) => ({ addresses: [address], targetRef: { kind: 'Pod', uid } });

test('the others are found, each once, and not the one that asks', () => {
  const slices = [
    slice('IPv4', [pod('10.0.0.1', 'a'), pod('10.0.0.2', 'b')]),
    slice('IPv6', [pod('fd00::1', 'a'), pod('fd00::2', 'b'), pod('fd00::3', 'c')]),
    slice('IPv4', [pod('10.0.0.9', 'd')], 'http'),
  ] as never[];
  assert.deepEqual(peerUrls(slices, 'a'), ['http://10.0.0.2:9090', 'http://[fd00::3]:9090']);
});

test('endpoints that are no pods are all others, and there is a bound', () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ addresses: [`10.0.1.${i}`] }));
  assert.equal(peerUrls([slice('IPv4', many)] as never[], undefined).length, 64);
  assert.deepEqual(peerUrls([{ addressType: 'IPv4' }] as never[], 'a'), []);
});
