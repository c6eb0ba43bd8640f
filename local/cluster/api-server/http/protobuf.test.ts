import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf } from './protobuf.ts';

/** One element of a message: a number, or bytes. */
function element(number: number, value: number | Uint8Array | string): Buffer {
  if (typeof value === 'number') return Buffer.from([number << 3, value]);
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

function message(...elements: Buffer[]): Buffer {
  return Buffer.concat(elements);
}

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const type = message(element(1, apiVersion), element(2, kind));
  return message(Buffer.from('k8s\0'), element(1, type), element(2, raw));
}

test('reads an object as its JSON would be, without what is empty', () => {
  const meta = message(element(1, 'cm'), element(2, ''), element(11, message(element(1, 'a'), element(2, 'b'))));
  const data = message(element(1, 'key'), element(2, 'value'));
  assert.deepEqual(decodeProtobuf(envelope('v1', 'ConfigMap', message(element(1, meta), element(2, data)))), {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'cm', labels: { a: 'b' } },
    data: { key: 'value' },
  });
});

test('keeps a zero that was meant', () => {
  const spec = message(element(1, 0));
  const { spec: read } = decodeProtobuf(envelope('apps/v1', 'Deployment', element(2, spec)));
  assert.deepEqual(read, { replicas: 0 });
});

test('reads ports by name and by number', () => {
  const port = (target: Buffer) => element(1, message(element(3, 80), element(4, target)));
  const spec = message(port(message(element(1, 1), element(3, 'http'))), port(message(element(1, 0), element(2, 90))));
  const { spec: read } = decodeProtobuf(envelope('v1', 'Service', element(2, spec)));
  assert.deepEqual(read, {
    ports: [
      { port: 80, targetPort: 'http' },
      { port: 80, targetPort: 90 },
    ],
  });
});

test('refuses what it would lose', () => {
  const unknown = envelope('v1', 'ConfigMap', element(9, 'something'));
  assert.throws(() => decodeProtobuf(unknown), { code: 415 });
  assert.throws(() => decodeProtobuf(envelope('v1', 'Lease', Buffer.alloc(0))), { code: 415 });
});

test('refuses what is cut off', () => {
  const whole = envelope('v1', 'Namespace', element(1, element(1, 'name')));
  assert.throws(() => decodeProtobuf(whole.subarray(0, -2)), { code: 400 });
  assert.throws(() => decodeProtobuf(Buffer.from('{}')), { code: 400 });
});
