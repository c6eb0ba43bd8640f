import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackedJson } from './packed-json.ts';

const anObject = (index: number) => ({
  metadata: { name: `hello-${index}`, namespace: 'default', labels: { team: 'a', tier: 'front' } },
  spec: { text: `grüße ${index} 👋`, list: [1, 2.5, null, true], deep: { er: [] } },
});

test('what is packed comes back equal, before and after more was learned of its kind', () => {
  const packing = new PackedJson<unknown>();
  const objects = Array.from({ length: 250 }, (_, index) => anObject(index));
  const packed = objects.map((object) => packing.pack(object));
  assert.deepEqual(
    packed.map((text) => packing.unpack(text)),
    objects,
  );
});

test('of objects that are much alike one takes a fraction of its text, also when the first was unlike them', () => {
  const packing = new PackedJson<unknown>();
  packing.pack({ unlike: 'x'.repeat(50_000) });
  const sizes = Array.from({ length: 300 }, (_, index) => packing.pack(anObject(index)).length);
  const text = JSON.stringify(anObject(299)).length;
  assert.ok((sizes.at(-1) ?? 0) < text / 3, `${sizes.at(-1)} of ${text} characters`);
});

test('one far larger than the window comes back whole', () => {
  const packing = new PackedJson<unknown>();
  const large = { lines: Array.from({ length: 20_000 }, (_, index) => `line ${index * 7919}`) };
  packing.pack(anObject(1));
  assert.deepEqual(packing.unpack(packing.pack(large)), large);
});
