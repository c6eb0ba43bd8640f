import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import { aDeployment, aFunction } from '../testing/builders.ts';
import { TestView } from '../testing/view.ts';
import { AwakeFunctions } from './awake-functions.ts';

const KEY = 'default/hello';

function aWorld() {
  const functions = new TestView<FunctionObject>();
  const deployments = new TestView<Deployment>();
  let version = 0;
  const put = <T extends FunctionObject | Deployment>(view: TestView<T>, object: T): void => {
    version += 1;
    view.put({ ...object, metadata: { ...object.metadata, uid: 'a', resourceVersion: `${version}` } });
  };
  const awake = new AwakeFunctions(functions, deployments);
  return {
    awake: () => [[...awake.keys()], awake.none] as const,
    put: (fn: FunctionObject) => put(functions, fn),
    run: (replicas: number, revision = 'hello-1') => put(deployments, aDeployment({ replicas, revision })),
    remove: () => functions.remove(aFunction()),
    removeRevision: (revision: string) => deployments.remove(aDeployment({ revision })),
  };
}
const ASLEEP = [[], true];
const AWAKE = [[KEY], false];

test('a function is awake while one of its revisions has replicas', () => {
  const { put, run, removeRevision, awake } = aWorld();
  put(aFunction());
  run(0);
  assert.deepEqual(awake(), ASLEEP);
  run(1);
  run(2, 'hello-2');
  run(0);
  assert.deepEqual(awake(), AWAKE);
  removeRevision('hello-2');
  assert.deepEqual(awake(), ASLEEP);
});

test('so it is while it asks for replicas, or its status says that it wants some', () => {
  const { put, remove, awake } = aWorld();
  put(aFunction({ scaling: { minReplicas: 1 } }));
  assert.deepEqual(awake(), AWAKE);
  put(aFunction({ scaling: { minReplicas: 0 } }));
  assert.deepEqual(awake(), ASLEEP);
  put(aFunction({}, { status: { scaling: { desired: 2 } } }));
  assert.deepEqual(awake(), AWAKE);
  put(aFunction({}, { status: { scaling: { desired: 0 } } }));
  assert.deepEqual(awake(), ASLEEP);
  put(aFunction({ scaling: { minReplicas: 1 } }));
  remove();
  assert.deepEqual(awake(), ASLEEP);
});

test('one that is going, or whose spec has mistakes, is not waited for', () => {
  const { put, awake } = aWorld();
  const fn = aFunction({ scaling: { minReplicas: 1 } });
  put({ ...fn, metadata: { ...fn.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  assert.deepEqual(awake(), ASLEEP);
  put({ ...fn, spec: { ...fn.spec, timeoutSeconds: 'soon' as never } });
  assert.deepEqual(awake(), ASLEEP);
});
