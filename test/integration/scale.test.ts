import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuickBundler } from '../support/quick-bundler.ts';
import { makeFunctions, Running, untilMade, untilReconciled, versions } from '../support/scale.ts';
import { startApiServer } from './operator-process.ts';

const FUNCTIONS = 300;

test('an operator that starts again looks at all Functions without writing, over few connections', async () => {
  await using parts = new AsyncDisposableStack();
  const { cluster, kube } = await startApiServer(parts);
  {
    await using bundler = await QuickBundler.start();
    const env = { CATNAP_BUNDLER_FOLDER: bundler.folder };
    await using _operator = new Running('operator', { cluster, env });
    await makeFunctions(kube, FUNCTIONS);
    await untilMade(kube, FUNCTIONS, 60_000);
  }
  const before = await versions(kube);
  await using operator = new Running('operator', { cluster });
  const { seconds } = await untilReconciled(operator, FUNCTIONS, 60_000);
  assert.ok(seconds < 30, `${seconds} s`);
  assert.ok(operator.read().sockets <= 40, `${operator.read().sockets} sockets`);
  assert.deepEqual(await versions(kube), before);
});
