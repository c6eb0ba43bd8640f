import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodFacts } from './downward.ts';
import { mountedVolumes, tokenWishes, volumeContent, volumeReferences } from './volumes.ts';

const pod = { metadata: { name: 'p', namespace: 'n', labels: { b: '2', a: '1' } }, spec: { containers: [] } };
const facts: PodFacts = {
  pod,
  podIP: '127.1.0.9',
  nodeName: 'local',
  hostIP: '127.0.0.1',
  node: { cpu: 1, memory: 1 },
};
const sources = {
  configMap: (name: string) => (name === 'settings' ? new Map([['level', Buffer.from('debug')]]) : undefined),
  secret: (name: string) => (name === 'stripe' ? new Map([['key', Buffer.from([0, 255])]]) : undefined),
  token: ({ audience = 'api', expirationSeconds }: { audience: string | undefined; expirationSeconds: number }) =>
    `${audience} ${expirationSeconds}`,
  claim: (name: string) => `/volumes/${name}`,
};

function files(volume: Parameters<typeof volumeContent>[0]): Record<string, string> {
  const content = volumeContent(volume, facts, sources);
  assert.ok(content.kind === 'files');
  return Object.fromEntries(
    [...content.files].map(([path, file]) => [path, `${file.bytes.toString('latin1')} ${file.mode.toString(8)}`]),
  );
}

test('a secret is a file a key, with the mode that is asked for', () => {
  assert.deepEqual(files({ name: 'v', secret: { secretName: 'stripe', defaultMode: 0o400 } }), { key: '\u0000ÿ 400' });
});

test('items choose keys and paths', () => {
  const items = [{ key: 'level', path: 'log/level', mode: 0o600 }];
  assert.deepEqual(files({ name: 'v', configMap: { name: 'settings', items } }), { 'log/level': 'debug 600' });
});

test('projected volumes put several sources together', () => {
  const volume = {
    name: 'v',
    projected: {
      sources: [
        { secret: { name: 'stripe' } },
        { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
    },
  };
  assert.deepEqual(files(volume), { key: '\u0000ÿ 644', labels: 'a="1"\nb="2" 644' });
  assert.deepEqual(volumeReferences([volume]), { configMaps: [], secrets: ['stripe'] });
});

test('a token of the service account is a file, asked for once for all that want the same', () => {
  const wanting = (path: string, more: object = {}) => ({ serviceAccountToken: { path, ...more } });
  const volume = {
    name: 'v',
    projected: { defaultMode: 0o440, sources: [wanting('token'), wanting('vault', { audience: 'vault' })] },
  };
  assert.deepEqual(files(volume), { token: 'api 3600 440', vault: 'vault 3600 440' });
  assert.equal(tokenWishes([volume, volume]).length, 2);
});

test('a claim is the folder of its volume, to be written to unless the pod says otherwise', () => {
  const claimed = (more: object) =>
    volumeContent({ name: 'v', persistentVolumeClaim: { claimName: 'data', ...more } }, facts, sources);
  assert.deepEqual(claimed({}), { kind: 'host', path: '/volumes/data', readOnly: false });
  assert.deepEqual(claimed({ readOnly: true }), { kind: 'host', path: '/volumes/data', readOnly: true });
});

test('what is missing is named, unless it is optional', () => {
  assert.throws(() => files({ name: 'v', secret: { secretName: 'no' } }), { message: 'secret "no" not found' });
  assert.throws(() => files({ name: 'v', configMap: { name: 'no' } }), { message: 'configmap "no" not found' });
  assert.deepEqual(files({ name: 'v', secret: { secretName: 'no', optional: true } }), {});
});

test('a volume that nothing mounts need not exist', () => {
  const container = { name: 'a', volumeMounts: [{ name: 'used', mountPath: '/x' }] };
  assert.deepEqual(mountedVolumes([{ name: 'used' }, { name: 'idle' }], [container]), [{ name: 'used' }]);
});
