import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { readinessOf } from './readiness.ts';

interface Status {
  status?: string;
  reason?: string;
  generation?: number;
  sourceHash?: string;
}

function fn({ status = 'True', reason = 'Ready', generation = 2, sourceHash }: Status): FunctionObject {
  const condition = { type: 'Ready', status, reason, message: 'm', observedGeneration: generation };
  return { status: { conditions: [condition], ...(sourceHash && { sourceHash }) } } as unknown as FunctionObject;
}

const wanted = { generation: 2, sourceHash: undefined };

const CASES: [what: string, seen: FunctionObject, sourceHash: string | undefined, state: string][] = [
  ['answers', fn({}), undefined, 'ready'],
  ['is not to be tried before a request comes', fn({ reason: 'Untried' }), undefined, 'ready'],
  ['answers with a later change', fn({ generation: 3 }), undefined, 'ready'],
  ['answered before the change', fn({ generation: 1 }), undefined, 'waiting'],
  ['failed before the change', fn({ generation: 1, status: 'False', reason: 'CrashLoop' }), undefined, 'waiting'],
  ['is being started', fn({ status: 'Unknown', reason: 'Progressing' }), undefined, 'waiting'],
  ['cannot start', fn({ status: 'False', reason: 'CrashLoop' }), undefined, 'failed'],
  ['does not compile', fn({ status: 'False', reason: 'CompileFailed' }), undefined, 'failed'],
  ['finds no room yet', fn({ status: 'False', reason: 'Unschedulable' }), undefined, 'waiting'],
  ['has code that was not seen yet', fn({ status: 'False', reason: 'ConfigMapNotFound' }), undefined, 'waiting'],
  ['answers with other code', fn({ sourceHash: 'a' }), 'b', 'waiting'],
  ['answers with its code', fn({ sourceHash: 'b' }), 'b', 'ready'],
  ['has no status', {} as FunctionObject, undefined, 'waiting'],
];
for (const [what, seen, sourceHash, state] of CASES)
  test(`a function that ${what} is ${state}`, () => {
    assert.equal(readinessOf(seen, { ...wanted, sourceHash }).state, state);
  });
