import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { KubeClient } from '../kube/client.ts';
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from '../testing/certificates.ts';
import { clusterAccess } from './cluster-access.ts';

type Cleanup = { after: (fn: () => Promise<void>) => void };

async function aDirectory(t: Cleanup, files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-access-'));
  t.after(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, '.kube'));
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(directory, name), content)));
  return directory;
}

/** An API server behind TLS that tells who asks: the client certificate's name and the authorization header. */
async function aTlsServer(t: Cleanup): Promise<string> {
  const options = { ...TEST_SERVER, ca: TEST_CA, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (request, response) => {
    const certificate = (request.socket as TLSSocket).getPeerCertificate();
    response.end(
      JSON.stringify({ certificate: certificate.subject?.CN, authorization: request.headers.authorization }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function aKubeconfig(server: string, user: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'there', user: 'me' } }],
    clusters: [{ name: 'there', cluster: { server, 'certificate-authority-data': base64(TEST_CA) } }],
    users: [{ name: 'me', user }],
  });
}

const base64 = (value: string) => Buffer.from(value).toString('base64');
const { signal } = new AbortController();

test('an address in the environment goes before everything else', async (t) => {
  const directory = await aDirectory(t, { token: 'secret\n', '.kube/config': aKubeconfig('https://elsewhere', {}) });
  const env = {
    CATNAP_API_URL: 'http://127.0.0.1:6443/',
    CATNAP_API_TOKEN_FILE: join(directory, 'token'),
    HOME: directory,
  };
  const access = await clusterAccess(env);
  assert.equal(access.server, 'http://127.0.0.1:6443');
  assert.deepEqual(await access.credentials(), { authorization: 'Bearer secret', tls: {} });
});

test('without a token file nothing is sent', async () => {
  const access = await clusterAccess({ CATNAP_API_URL: 'http://127.0.0.1:6443' });
  assert.deepEqual(await access.credentials(), { tls: {} });
});

test('a pod uses its service account, and notices that the token was replaced', async (t) => {
  const server = new URL(await aTlsServer(t));
  const directory = await aDirectory(t, { token: 'first', 'ca.crt': TEST_CA });
  const env = { KUBERNETES_SERVICE_HOST: server.hostname, KUBERNETES_SERVICE_PORT: server.port, HOME: directory };
  const access = await clusterAccess(env, directory);
  await using kube = new KubeClient(access);
  assert.deepEqual(await kube.raw('/version', { signal }), { authorization: 'Bearer first' });
  await writeFile(join(directory, 'token'), 'second');
  access.refresh();
  assert.deepEqual(await kube.raw('/version', { signal }), { authorization: 'Bearer second' });
});

test('an IPv6 address of the API server is put in brackets', async (t) => {
  const directory = await aDirectory(t, {});
  const access = await clusterAccess({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }, directory);
  assert.equal(access.server, 'https://[fd00::1]:443');
});

test('a server whose certificate another CA signed is refused', async (t) => {
  const server = await aTlsServer(t);
  await using kube = new KubeClient(await clusterAccess({ CATNAP_API_URL: server }));
  await assert.rejects(kube.raw('/version', { signal }), { code: 'NoAnswer' });
});

test('a kubeconfig may hold a client certificate', async (t) => {
  const user = { 'client-certificate-data': base64(TEST_CLIENT.cert), 'client-key-data': base64(TEST_CLIENT.key) };
  const directory = await aDirectory(t, { '.kube/config': aKubeconfig(await aTlsServer(t), user) });
  await using kube = new KubeClient(await clusterAccess({ HOME: directory }));
  assert.deepEqual(await kube.raw('/version', { signal }), { certificate: 'client' });
});

test('a kubeconfig may hold a token, and KUBECONFIG may name several files', async (t) => {
  const directory = await aDirectory(t, { config: aKubeconfig(await aTlsServer(t), { token: 'mine' }) });
  const paths = `${join(directory, 'missing')}:${join(directory, 'config')}`;
  await using kube = new KubeClient(await clusterAccess({ KUBECONFIG: paths, HOME: directory }));
  assert.deepEqual(await kube.raw('/version', { signal }), { authorization: 'Bearer mine' });
});

test('a kubeconfig may name a program that gives the token, asked again when it is refused', async (t) => {
  const counter = join(await aDirectory(t, { count: '' }), 'count');
  const program = `
    const fs = require('node:fs');
    fs.appendFileSync(${JSON.stringify(counter)}, 'x');
    const token = 'token ' + fs.readFileSync(${JSON.stringify(counter)}, 'utf8').length;
    console.log(JSON.stringify({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status: { token } }));`;
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', program],
    interactiveMode: 'Never',
  };
  const directory = await aDirectory(t, { config: aKubeconfig('https://127.0.0.1:1', { exec }) });
  const access = await clusterAccess({ KUBECONFIG: join(directory, 'config') });
  assert.equal((await access.credentials()).authorization, 'Bearer token 1');
  assert.equal((await access.credentials()).authorization, 'Bearer token 1');
  access.refresh();
  assert.equal((await access.credentials()).authorization, 'Bearer token 2');
});

test('a kubeconfig without a usable context is an error that names it', async (t) => {
  const config = JSON.stringify({ apiVersion: 'v1', kind: 'Config', contexts: [], clusters: [], users: [] });
  const directory = await aDirectory(t, { config });
  await assert.rejects(clusterAccess({ KUBECONFIG: join(directory, 'config') }), /config/);
});

test('a KUBECONFIG that is not there is an error, not a reason to look elsewhere', async (t) => {
  const directory = await aDirectory(t, { '.kube/config': aKubeconfig('https://elsewhere', {}) });
  const env = { KUBECONFIG: join(directory, 'missing'), HOME: directory };
  await assert.rejects(clusterAccess(env), /no kubeconfig at .*missing/);
});

test('without any of them the error says what to set', async (t) => {
  const directory = await aDirectory(t, {});
  await assert.rejects(clusterAccess({ HOME: directory }), /CATNAP_API_URL or KUBECONFIG/);
});

test('only a kubeconfig loads the Kubernetes client library', async () => {
  const platform = dirname(import.meta.dirname);
  const files = (await readdir(platform, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !/\.test\.ts$|^testing\/|\/kubeconfig-access\.ts$/.test(file),
  );
  assert.ok(files.includes('access/cluster-access.ts'));
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve: (name, context, next) => { loaded.push(name); return next(name, context); } });
    for (const file of ${JSON.stringify(files)}) await import(${JSON.stringify(platform)} + '/' + file);
    const { clusterAccess } = await import(${JSON.stringify(platform)} + '/access/cluster-access.ts');
    await clusterAccess({ CATNAP_API_URL: 'http://127.0.0.1:1' });
    console.log(JSON.stringify(loaded));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const loaded: string[] = JSON.parse(await text(child.stdout));
  assert.ok(loaded.includes('node:https'));
  assert.deepEqual(
    loaded.filter((name) => name.startsWith('@kubernetes/')),
    [],
  );
});
