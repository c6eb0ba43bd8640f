import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatQuantity, parseQuantity } from './quantity.ts';
import { qosClassOf } from './strategies/qos.ts';

test('quantities are numbers with a unit', () => {
  assert.deepEqual(
    ['50m', '64Mi', '2', '1e3', '1.5Gi', '100k'].map(parseQuantity),
    [0.05, 67_108_864, 2, 1000, 1_610_612_736, 100_000],
  );
  assert.equal(parseQuantity('much'), undefined);
});

test('an amount is written in the style of another', () => {
  assert.equal(formatQuantity(0.15, '1'), '150m');
  assert.equal(formatQuantity(2, '1500m'), '2');
  assert.equal(formatQuantity(134_217_728, '1Gi'), '128Mi');
  assert.equal(formatQuantity(0, '1Gi'), '0');
});

test('the quality of service follows from what is asked for', () => {
  const spec = (resources: object) => ({ containers: [{ resources }] });
  assert.equal(qosClassOf(spec({})), 'BestEffort');
  assert.equal(qosClassOf(spec({ requests: { cpu: '1' } })), 'Burstable');
  assert.equal(qosClassOf(spec({ limits: { cpu: '1', memory: '1Gi' } })), 'Guaranteed');
  assert.equal(qosClassOf(spec({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } })), 'Burstable');
});
