import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesIn } from './byte-quantity.ts';

test('bytes are read as Kubernetes reads them', () => {
  const quantities = [7, '7', '1k', '1Ki', '1.5Ki', '64Mi', '2G', '1Pi', '0', '0.1Ki'];
  assert.deepEqual(quantities.map(bytesIn), [7, 7, 1000, 1024, 1536, 67_108_864, 2_000_000_000, 2 ** 50, 0, 103]);
});

for (const wrong of ['', '1.', '-1', '5m', '1 Mi', 'Mi', '1Mib', '1e3', -1]) {
  test(`${JSON.stringify(wrong)} is no number of bytes`, () => assert.throws(() => bytesIn(wrong), /such as 512Ki/));
}
