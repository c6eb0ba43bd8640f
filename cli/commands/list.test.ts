import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { listText } from './list.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const functions = [
  {
    metadata: { name: 'greet', namespace: 'team', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { concurrency: { target: 20 }, async: { mode: 'Always' } },
    status: {
      replicas: 2,
      url: 'http://greet.team.localhost',
      revision: 'greet-7f3c9a12',
      conditions: [
        { type: 'Ready', status: 'True', reason: 'Ready' },
        { type: 'Async', status: 'False', reason: 'Buried' },
      ],
    },
  },
  { metadata: { name: 'new', namespace: 'team', creationTimestamp: '2026-01-01T00:59:59Z' }, spec: {} },
] as unknown as FunctionObject[];

test('a list has the columns of kubectl get, and a function that nothing is known of is there too', () => {
  assert.equal(
    listText(functions, {}, NOW),
    `NAME    READY     REASON   REPLICAS   URL                           AGE
greet   True      Ready    2          http://greet.team.localhost   60m
new     Unknown            0                                        1s`,
  );
});

test('a wide list of all namespaces says where they are, which revision takes traffic, and whether work is stored and was given up', () => {
  const [heads, first] = listText(functions, { allNamespaces: true, wide: true }, NOW).split('\n');
  assert.match(heads ?? '', /^NAMESPACE +NAME .* AGE +REVISION +CONCURRENCY +ASYNC$/);
  assert.match(first ?? '', /^team +greet .* 60m +greet-7f3c9a12 +20 +Always, Buried$/);
});
