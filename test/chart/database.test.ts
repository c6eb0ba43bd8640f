/** A dispatcher that keeps its work in a database. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inCase, type Loose, the, variable } from './rendered.ts';

const objects = inCase('a dispatcher with a database');

test('with a database accepted work needs no volume, and the next dispatcher is there before one goes', () => {
  const { spec } = the(objects, 'Deployment', '-dispatcher');
  const pod = spec.template.spec;
  const urlFile = variable(objects, '-dispatcher', 'CATNAP_STORE_URL_FILE');
  const { mountPath } = pod.containers[0].volumeMounts.find((mount: Loose) => mount.name === 'database');
  assert.equal(urlFile, `${mountPath}/url`);
  assert.equal(pod.volumes.find((volume: Loose) => volume.name === 'database').secret.secretName, 'work-db');
  assert.equal(variable(objects, '-dispatcher', 'CATNAP_STORE_FOLDER'), undefined);
  assert.ok(
    !objects.some(({ kind, metadata }) => kind === 'PersistentVolumeClaim' && /dispatcher/.test(metadata.name)),
  );
  assert.equal(spec.strategy.type, 'RollingUpdate');
});

test('a dispatcher that is shut in reaches its database where it has one', () => {
  const { egress } = the(objects, 'NetworkPolicy', '-dispatcher').spec;
  const [rule, ...more] = egress.filter((one: Loose) =>
    one.to?.some((peer: Loose) => peer.ipBlock?.cidr === '192.0.2.30/32'),
  );
  assert.deepEqual([rule.ports, more], [[{ port: 6432, protocol: 'TCP' }], []]);
});

test('of dispatchers that share a database one works schedules, by a Lease that no other may touch', () => {
  const name = variable(objects, '-dispatcher', 'CATNAP_SCHEDULES_LEASE');
  const { rules } = the(objects, 'Role', '-dispatcher-peers');
  const [create, use, ...more] = rules.filter(({ resources }: Loose) => resources.includes('leases'));
  assert.deepEqual([create.verbs, create.resourceNames], [['create'], undefined]);
  assert.deepEqual([use.verbs, use.resourceNames, more], [['list', 'watch', 'update'], [name], []]);
  assert.equal(the(objects, 'Lease', '-schedules').metadata.name, name, 'freed by a removal');
  const alone = inCase('the defaults');
  assert.ok(!alone.some(({ kind, metadata }) => kind === 'Lease' && metadata.name.endsWith('-schedules')));
  assert.equal(variable(alone, '-dispatcher', 'CATNAP_SCHEDULES_LEASE'), undefined);
  assert.doesNotMatch(JSON.stringify(the(alone, 'Role', '-dispatcher-peers').rules), /leases/);
});
