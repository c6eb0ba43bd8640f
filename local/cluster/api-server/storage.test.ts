import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { TestServer } from './test-server.ts';

suite('claims, volumes and storage classes', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const claims = '/api/v1/namespaces/default/persistentvolumeclaims';
  const volumes = '/api/v1/persistentvolumes';
  const classes = '/apis/storage.k8s.io/v1/storageclasses';
  const claim = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });
  const storageClass = (name: string, more: object = {}) => ({
    metadata: { name },
    provisioner: 'example.com/p',
    ...more,
  });
  const asDefault = { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } };
  const volume = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/srv' }, ...spec },
  });
  const messageOf = async (path: string, object: object) => (await server.call('POST', path, object)).body.message;

  test('a new claim is pending, protected, and of no class as long as there is no default', async () => {
    const { code, body } = await server.call('POST', claims, claim('plain'));
    assert.equal(code, 201);
    assert.deepEqual(body.metadata.finalizers, ['kubernetes.io/pvc-protection']);
    assert.equal(body.spec.volumeMode, 'Filesystem');
    assert.equal(body.spec.storageClassName, undefined);
    assert.deepEqual(body.status, { phase: 'Pending' });
  });

  test('a claim without a class gets the default one, and one that wants none does not', async () => {
    const { body: made } = await server.call('POST', classes, {
      ...storageClass('standard'),
      metadata: { name: 'standard', ...asDefault },
    });
    assert.equal(made.reclaimPolicy, 'Delete');
    assert.equal(made.volumeBindingMode, 'Immediate');
    assert.equal((await server.call('POST', claims, claim('defaulted'))).body.spec.storageClassName, 'standard');
    assert.equal(
      (await server.call('POST', claims, claim('none', { storageClassName: '' }))).body.spec.storageClassName,
      '',
    );
    await server.call('DELETE', `${classes}/standard`);
  });

  test('what is wrong with a claim is said', async () => {
    const of = (spec: object) => messageOf(claims, claim('wrong', spec));
    const name = 'PersistentVolumeClaim "wrong" is invalid:';
    assert.equal(
      await of({ accessModes: [] }),
      `${name} spec.accessModes: Required value: at least 1 access mode is required`,
    );
    assert.equal(await of({ resources: {} }), `${name} spec.resources[storage]: Required value`);
    assert.equal(
      await of({ resources: { requests: { storage: '0' } } }),
      `${name} spec.resources[storage]: Invalid value: "0": must be greater than zero`,
    );
    assert.equal(
      await of({ accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] }),
      `${name} spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes`,
    );
    assert.equal(
      await of({ accessModes: ['Always'] }),
      `${name} spec.accessModes: Unsupported value: "Always": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"`,
    );
    assert.match(await of({ storageClassName: 'No_Class' }), /spec.storageClassName: Invalid value: "No_Class"/);
  });

  test('a claim stays as it is, but for its volume and, once it is bound, its size where the class allows', async () => {
    await server.call('POST', classes, storageClass('fixed'));
    await server.call('POST', classes, storageClass('growing', { allowVolumeExpansion: true }));
    const bound = async (name: string, storageClassName: string) => {
      await server.call('POST', claims, claim(name, { storageClassName }));
      await server.patch(`${claims}/${name}`, 'merge', { spec: { volumeName: 'v' } });
      const status = { phase: 'Bound', capacity: { storage: '1Gi' } };
      await server.patch(`${claims}/${name}/status`, 'merge', { status });
      return (spec: object) => server.patch(`${claims}/${name}`, 'merge', { spec });
    };
    const storage = (amount: string) => ({ resources: { requests: { storage: amount } } });
    const fixed = await bound('of-fixed', 'fixed');
    const moved = await fixed({ volumeName: 'w' });
    assert.equal(moved.code, 422);
    assert.match(moved.body.message, /spec: Forbidden: spec is immutable after creation except resources.requests/);
    const larger = await fixed(storage('2Gi'));
    assert.equal(larger.code, 403);
    assert.match(
      larger.body.message,
      /^persistentvolumeclaims "of-fixed" is forbidden: only dynamically provisioned pvc/,
    );
    const growing = await bound('of-growing', 'growing');
    assert.equal((await growing(storage('2Gi'))).code, 200);
    assert.match((await growing(storage('1Gi'))).body.message, /field can not be less than status.capacity/);
  });

  test('a volume has one source, a capacity, and stays where it is', async () => {
    const { body } = await server.call('POST', volumes, volume('srv'));
    assert.equal(body.spec.persistentVolumeReclaimPolicy, 'Retain');
    assert.equal(body.status.phase, 'Pending');
    const of = (spec: object) => messageOf(volumes, volume('wrong', spec));
    assert.match(await of({ hostPath: undefined }), /spec: Required value: must specify a volume type/);
    assert.match(await of({ nfs: { server: 'a', path: '/' } }), /may not specify more than 1 volume type/);
    assert.match(await of({ capacity: undefined }), /spec.capacity: Required value/);
    assert.match(await of({ hostPath: undefined, local: { path: '/a' } }), /Local volume requires node affinity/);
    const moved = await server.patch(`${volumes}/srv`, 'merge', { spec: { hostPath: { path: '/other' } } });
    assert.match(moved.body.message, /spec.persistentvolumesource is immutable after creation/);
  });

  test('a class keeps its provisioner, and may become the default', async () => {
    await server.call('POST', classes, storageClass('kept'));
    const changed = await server.patch(`${classes}/kept`, 'merge', { provisioner: 'example.com/q' });
    assert.match(changed.body.message, /provisioner: Forbidden: updates to provisioner are forbidden\./);
    assert.equal((await server.patch(`${classes}/kept`, 'merge', { metadata: asDefault })).code, 200);
    await server.call('DELETE', `${classes}/kept`);
    assert.match(await messageOf(classes, { metadata: { name: 'none' } }), /provisioner: Required value/);
  });
});
