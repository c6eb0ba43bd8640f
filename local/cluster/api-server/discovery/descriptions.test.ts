import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addDescriptions, describeSchema } from './descriptions.ts';
import { parseDeclaration } from './model-descriptions.ts';

const SOURCE = `/**
 * Heading
 */
/**
* A thing.
*/
export declare class V1Thing {
    /**
    * How \\'many\\' there are.
    */
    'count'?: number;
    'plain': string;
    /**
    * Its part.
    */
    'part': V1Part;
    static readonly discriminator: string | undefined;
}
`;

test('reads what a class and its fields mean', () => {
  const { text, fields } = parseDeclaration(SOURCE);
  assert.equal(text, 'A thing.');
  assert.deepEqual(
    [...fields],
    [
      ['count', "How 'many' there are."],
      ['part', 'Its part.'],
    ],
  );
});

test('keeps a reference beside a description', () => {
  const schema = { properties: { count: { type: 'integer' }, part: { $ref: '#/part' } } };
  describeSchema(schema, parseDeclaration(SOURCE));
  assert.deepEqual(schema, {
    description: 'A thing.',
    properties: {
      count: { type: 'integer', description: "How 'many' there are." },
      part: { description: 'Its part.', allOf: [{ $ref: '#/part' }] },
    },
  });
});

test('knows what a Deployment is, and leaves alone what it does not know', async () => {
  const schemas = {
    'io.k8s.api.apps.v1.DeploymentSpec': { properties: { replicas: { type: 'integer', description: undefined } } },
    'dev.x.v1.Thing': { properties: {} },
  };
  await addDescriptions(schemas);
  assert.match(String(schemas['io.k8s.api.apps.v1.DeploymentSpec'].properties.replicas.description), /desired pods/);
  assert.deepEqual(schemas['dev.x.v1.Thing'], { properties: {} });
});
