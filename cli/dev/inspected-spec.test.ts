import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FunctionSpec } from '#api/function.ts';
import { inspectedSpec, inspectorPort, isInspectorsOwn } from './inspected-spec.ts';

const parse = (spec: object) => FunctionSpec.parse({ source: { inline: 'x' }, ...spec });

test('a function that is debugged has one replica and no limit that a breakpoint meets', () => {
  const spec = parse(inspectedSpec({ timeoutSeconds: 5, scaling: { idleSeconds: 9 } as FunctionSpec['scaling'] }));
  const { timeoutSeconds, timeouts, queue, scaling } = spec;
  assert.deepEqual([timeoutSeconds, timeouts.firstByteSeconds, timeouts.idleSeconds], [0, 0, 0]);
  assert.deepEqual([queue.timeoutSeconds, queue.size], [3_600, 1_000]);
  assert.deepEqual([scaling.minReplicas, scaling.maxReplicas, scaling.idleSeconds], [1, 1, 9]);
});

test('NODE_OPTIONS of the settings stay', () => {
  const { env } = inspectedSpec({
    env: [
      { name: 'NODE_OPTIONS', value: '--trace-warnings' },
      { name: 'A', value: '1' },
    ],
  });
  assert.deepEqual(env, [
    { name: 'A', value: '1' },
    { name: 'NODE_OPTIONS', value: '--trace-warnings --inspect=127.0.0.1:0' },
  ]);
});

test('the port of the inspector is read of the line that Node writes, and of no other', () => {
  const line = 'Debugger listening on ws://127.0.0.1:40123/6d2c6f9a-6d5c-4c5e-9b6c-0e0a7c1e9a11';
  assert.equal(inspectorPort(line), 40_123);
  for (const other of [`x ${line}`, 'Debugger listening on ws://10.0.0.1:1/a', '{"msg":"Debugger listening"}', ''])
    assert.equal(inspectorPort(other), undefined);
  assert.ok(isInspectorsOwn(line) && isInspectorsOwn('Debugger attached.') && !isInspectorsOwn('hello'));
});
