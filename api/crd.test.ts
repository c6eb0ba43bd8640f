import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import { type Definition, definitions } from './crd.ts';

type Node = { [key: string]: unknown };

const CRDS = new URL('../crds/', import.meta.url);

for (const crd of definitions()) suite(crd.metadata.name, () => definitionSuite(crd));

test('crds/ has one file for each definition', () => {
  const wanted = definitions().map(({ metadata }) => `${metadata.name}.yaml`);
  assert.deepEqual(readdirSync(CRDS).toSorted(), wanted.toSorted());
});

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

function nodesOf(crd: Definition): { path: string; node: Node }[] {
  const { versions } = crd.spec as { versions: { schema: { openAPIV3Schema: Node } }[] };
  const [version] = versions;
  assert.ok(version);
  const { spec, status } = version.schema.openAPIV3Schema.properties as { spec: Node; status: Node };
  return [...walk(spec, 'spec'), ...walk(status, 'status')];
}

function definitionSuite(crd: Definition): void {
  const nodes = nodesOf(crd);

  test('the one in crds/ is the one that the schema makes', () => {
    const onDisk = parse(readFileSync(new URL(`${crd.metadata.name}.yaml`, CRDS), 'utf8'));
    assert.deepEqual(onDisk, JSON.parse(JSON.stringify(crd)), 'run `npm run generate`');
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
}
