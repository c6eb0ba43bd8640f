import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeOpenApiV2 } from './openapi-protobuf.ts';

test('writes down what kubectl reads of a document', () => {
  const document = {
    swagger: '2.0',
    info: { title: 'K', version: 'v1' },
    definitions: { Pod: { type: 'object', required: ['spec'], 'x-a': { b: 1 } } },
  };
  const expected = Buffer.concat([
    Buffer.from([0x0a, 3]),
    Buffer.from('2.0'),
    Buffer.from([0x12, 7, 0x0a, 1]),
    Buffer.from('K'),
    Buffer.from([0x12, 2]),
    Buffer.from('v1'),
    Buffer.from([0x42, 0]), // no paths
    Buffer.from([0x4a, 46, 0x0a, 44, 0x0a, 3]), // definitions, one of them, its name
    Buffer.from('Pod'),
    Buffer.from([0x12, 37, 0x9a, 0x01, 4]),
    Buffer.from('spec'),
    Buffer.from([0xb2, 0x01, 8, 0x0a, 6]),
    Buffer.from('object'),
    Buffer.from([0xfa, 0x01, 16, 0x0a, 3]),
    Buffer.from('x-a'),
    Buffer.from([0x12, 9, 0x12, 7]),
    Buffer.from('{"b":1}'),
  ]);
  assert.equal(encodeOpenApiV2(document).toString('hex'), expected.toString('hex'));
});

test('keeps of a path which query parameters its PATCH takes', () => {
  const paths = {
    '/a': {
      patch: {
        parameters: [
          { name: 'dryRun', in: 'query' },
          { name: 'namespace', in: 'path' },
        ],
      },
    },
  };
  const encoded = encodeOpenApiV2({ swagger: '', paths }).toString('latin1');
  assert.match(encoded, /dryRun/);
  assert.doesNotMatch(encoded, /namespace/);
});
