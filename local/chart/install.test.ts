import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { KubeClient } from '#platform/kube/client.ts';
import { TestServer, TOKEN } from '../cluster/api-server/test-server.ts';
import { type InstalledChart, type InstallTarget, installChart, uninstallChart, upgradeChart } from './install.ts';

const CHART = {
  'Chart.yaml': 'apiVersion: v2\nname: tiny\nversion: 1.0.0\n',
  'values.yaml': 'key: one\nextra: true\n',
  'templates/members.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-kept", namespace: "{{ .Release.Namespace }}" }
data: { key: "{{ .Values.key }}" }
{{ if .Values.extra }}
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: "{{ .Release.Name }}-extra", namespace: "{{ .Release.Namespace }}" }
{{ end }}`,
  'templates/hooks.yaml': `
{{ range $event := list "pre-install,pre-upgrade" "pre-delete" }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ $.Release.Name }}-{{ $event | replace "," "-" }}
  namespace: {{ $.Release.Namespace }}
  annotations:
    helm.sh/hook: {{ $event }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  containers: [{ name: main, image: none }]
{{ end }}`,
};

let server: TestServer;
let chart: string;
let kube: KubeClient;
const stop = new AbortController();
/** What the next hooks come to, and the names of those that ran. */
let ending: 'Succeeded' | 'Failed' = 'Succeeded';
let ran: string[] = [];
let hooks: Promise<void>;

before(async () => {
  server = await TestServer.start();
  chart = await mkdtemp(join(tmpdir(), 'catnap-chart-'));
  await mkdir(join(chart, 'templates'));
  for (const [path, text] of Object.entries(CHART)) await writeFile(join(chart, path), text);
  const access = {
    server: `http://${server.authority}`,
    source: 'test',
    credentials: async () => ({ authorization: `Bearer ${TOKEN}`, tls: {} }),
    refresh: () => undefined,
  };
  kube = new KubeClient(access);
  hooks = endHooks().catch((error: unknown) => assert.ok(stop.signal.aborted, String(error)));
});
after(async () => {
  stop.abort();
  await hooks;
  await kube[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(chart, { recursive: true });
});
beforeEach(() => {
  ending = 'Succeeded';
  ran = [];
});

/** Stands in for whoever runs pods. */
async function endHooks(): Promise<void> {
  for await (const { type, object } of server.watch('/api/v1/pods?watch=true', stop.signal)) {
    if (type !== 'ADDED') continue;
    ran.push(object.metadata.name);
    const path = `/api/v1/namespaces/${object.metadata.namespace}/pods/${object.metadata.name}/status`;
    await server.patch(path, 'merge', { status: { phase: ending, message: 'as told' } });
  }
}

const target = (): InstallTarget => ({ kube, signal: stop.signal, deadlineMs: 10_000 });
const install = (release: string, values = {}): Promise<InstalledChart> =>
  installChart(target(), { chart, release, namespace: 'sys', values });
const exists = async (path: string) => (await server.get(`/api/v1/namespaces/sys/${path}`)).code === 200;

test('an install makes the namespace, runs its hook, removes that and makes the members', async () => {
  const installed = await install('first');
  assert.deepEqual(ran, ['first-pre-install-pre-upgrade']);
  assert.equal((await server.get('/api/v1/namespaces/sys/pods')).body.items.length, 0);
  assert.ok((await exists('configmaps/first-kept')) && (await exists('serviceaccounts/first-extra')));
  await uninstallChart(target(), installed);
});

test('an upgrade changes what is there and removes what is no longer rendered', async () => {
  const options = { chart, release: 'grown', namespace: 'sys', values: { key: 'two', extra: false } };
  const upgraded = await upgradeChart(target(), await install('grown'), options);
  assert.equal((await server.get('/api/v1/namespaces/sys/configmaps/grown-kept')).body.data.key, 'two');
  assert.equal(await exists('serviceaccounts/grown-extra'), false);
  await uninstallChart(target(), upgraded);
});

test('a removal runs its hook first and leaves no member', async () => {
  const installed = await install('gone');
  ran = [];
  await uninstallChart(target(), installed);
  assert.deepEqual(ran, ['gone-pre-delete']);
  assert.equal(await exists('configmaps/gone-kept'), false);
});

test('a hook that fails ends the install with its message, stays to be looked at, and is no hindrance to the next', async () => {
  ending = 'Failed';
  await assert.rejects(install('broken'), /Pod sys\/broken-pre-install-pre-upgrade failed: as told/);
  assert.equal((await server.get('/api/v1/namespaces/sys/pods')).body.items.length, 1);
  assert.equal(await exists('configmaps/broken-kept'), false);
  ending = 'Succeeded';
  await uninstallChart(target(), await install('broken'));
});

test('what another release made is not taken over', async () => {
  await server.call('POST', '/api/v1/namespaces/sys/configmaps', { metadata: { name: 'taken-kept' } });
  await assert.rejects(install('taken'), /ConfigMap sys\/taken-kept is there already and belongs to no release/);
  assert.deepEqual(ran, []);
});
