import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activatorEnv, dispatcherEnv, logKeeperEnv, type PlanePorts, type PlaneSettings } from './plane-env.ts';

const ports: PlanePorts = {
  gateway: 1,
  activatorOps: 2,
  deliveries: 3,
  operatorOps: 4,
  logs: 5,
  logsOps: 6,
  intake: 7,
  invocations: 8,
  dispatcherOps: 9,
};
const settings: PlaneSettings = {
  access: { operator: {}, activator: {}, logs: {}, dispatcher: { CATNAP_GATEWAY_TOKEN_FILE: '/token' } },
  domain: 'localhost',
  runtimeImage: 'runtime',
  keptLogs: '/lines',
  keptWork: '/work',
};

test('activator and dispatcher find each other at their ports of this machine', () => {
  const activator = activatorEnv(settings, ports);
  const dispatcher = dispatcherEnv(settings, ports);
  assert.equal(activator.CATNAP_DISPATCHER_URL, `http://127.0.0.1:${dispatcher?.CATNAP_INTAKE_PORT}`);
  assert.equal(activator.CATNAP_DELIVERY_PORT, '3');
  assert.deepEqual(
    [dispatcher?.HOST, dispatcher?.CATNAP_STORE_FOLDER, dispatcher?.CATNAP_GATEWAY_TOKEN_FILE],
    ['127.0.0.1', '/work', '/token'],
  );
});

test('without a folder for it there is no dispatcher, and the activator knows of none; nor a log keeper', () => {
  const { keptWork: _work, keptLogs: _lines, ...bare } = settings;
  const { access, ...rest } = settings;
  const strangers: PlaneSettings = { ...rest, access: { operator: access.operator, activator: access.activator } };
  for (const without of [bare, strangers]) {
    assert.equal(dispatcherEnv(without, ports), undefined);
    assert.equal(logKeeperEnv(without, ports), undefined);
    const names = Object.keys(activatorEnv(without, ports));
    assert.deepEqual(
      names.filter((name) => /DISPATCHER|DELIVERY/.test(name)),
      [],
    );
  }
});
