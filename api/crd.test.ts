import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { functionCrd } from './crd.ts';

type Node = { [key: string]: unknown };

const crd = functionCrd() as { spec: { versions: { schema: { openAPIV3Schema: Node } }[] } };
const root = crd.spec.versions[0]?.schema.openAPIV3Schema as Node;

/** Every schema node below `node` with its path. */
function walk(node: Node, path: string): { path: string; node: Node }[] {
  const below = [
    ...Object.entries((node.properties ?? {}) as Record<string, Node>).map(([k, v]) => [`${path}.${k}`, v] as const),
    ...(node.items ? [[`${path}[]`, node.items as Node] as const] : []),
    ...(typeof node.additionalProperties === 'object'
      ? [[`${path}{}`, node.additionalProperties as Node] as const]
      : []),
  ];
  return [{ path, node }, ...below.flatMap(([p, n]) => walk(n, p))];
}
const spec = (root.properties as { spec: Node; status: Node }).spec;
const nodes = [...walk(spec, 'spec'), ...walk((root.properties as { status: Node }).status, 'status')];

test('the CRD in crds/ is the one that the schema makes', () => {
  const onDisk = parse(readFileSync(new URL('../crds/functions.catnap.dev.yaml', import.meta.url), 'utf8'));
  assert.deepEqual(onDisk, JSON.parse(JSON.stringify(functionCrd())), 'run `npm run generate`');
});

test('every string, list and map has a maximum', () => {
  const unbounded = nodes.filter(
    ({ node }) =>
      (node.type === 'string' && node.maxLength === undefined && node.enum === undefined) ||
      (node.type === 'array' && node.maxItems === undefined) ||
      (node.additionalProperties !== undefined && node.maxProperties === undefined),
  );
  assert.deepEqual(
    unbounded.map(({ path }) => path),
    [],
  );
});

test('every field has a text for kubectl explain', () => {
  const silent = nodes.filter(({ path, node }) => node.description === undefined && !/(\[\]|\{\})$/.test(path));
  assert.deepEqual(
    silent.map(({ path }) => path),
    [],
  );
});

test('every integer has a range within its format', () => {
  const open = nodes.filter(
    ({ node }) => node.type === 'integer' && (node.minimum === undefined || node.maximum === undefined),
  );
  assert.deepEqual(
    open.map(({ path }) => path),
    [],
  );
});
