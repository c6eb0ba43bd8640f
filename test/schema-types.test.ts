import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeOf } from '../.toolchain/schema-types.ts';

test('an object has its fields with what they mean, and says which may be left out', () => {
  const count = { type: 'integer', description: 'How many. Not */ an end.', default: 3 };
  const schema = { type: 'object', properties: { name: { type: 'string' }, 'in-all': count }, required: ['name'] };
  assert.equal(
    typeOf(schema),
    '{\n  name: string;\n  /** How many. Not *\\/ an end. Default: 3. */\n  "in-all"?: number;\n}',
  );
});

test('lists, maps, choices and alternatives have their types', () => {
  assert.equal(typeOf({ type: 'array', items: { enum: ['a', 'b'] } }), 'readonly ("a" | "b")[]');
  assert.equal(typeOf({ type: 'array', items: { type: 'string' } }), 'readonly string[]');
  const either = { anyOf: [{ type: 'integer' }, { type: 'number' }, { type: 'null' }] };
  assert.equal(typeOf({ type: 'object', additionalProperties: either }), 'Record<string, number | null>');
});

test('what has no type that can be told is an error of the build', () => {
  assert.throws(() => typeOf({}), /no type for \{\}/);
  assert.throws(() => typeOf({ type: 'object' }), /an object without properties has no type/);
});
