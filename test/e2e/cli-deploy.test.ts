/**
 * Longer than 250 lines: one cluster is started for all.
 * `catnap deploy` and what goes with it: folders as people have them, by the command as it is called.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { CONFIG_MAPS } from '#platform/kube/resources.ts';
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from '#platform/testing/certificates.ts';
import { notChecked } from '#platform/testing/not-checked.ts';
import { type TestFolder, testFolder } from '../../cli/testing/folder.ts';
import { catnap } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { useSystem } from '../support/system.ts';
import { FUNCTION, type World } from '../support/world.ts';

const system = useSystem();
const PACKAGES = join(import.meta.dirname, '../../node_modules');
/** A large module is bundled by the operator for some seconds. */
const WAIT = ['deploy', '--wait', '--timeout', '120'];

/** A folder in a world, and the command in it. */
async function project(world: World, files: Record<string, string>) {
  const folder = await testFolder(files);
  const run = (...args: string[]) =>
    catnap([...args, '-n', world.namespace], { kubeconfig: system.kubeconfig, cwd: folder.path });
  const done = async (...args: string[]) => {
    const { exitCode, out, err } = await run(...args);
    assert.equal(exitCode, 0, out + err);
    return out;
  };
  const url = async (name: string) => (await world.get(name)).status?.url ?? assert.fail(`${name} has no URL`);
  const says = async (name: string, path = '/') => (await world.call(await url(name), { path })).text;
  return { folder, run, done, says };
}

function withPackages({ path }: TestFolder): Promise<void> {
  return symlink(PACKAGES, join(path, 'node_modules'));
}

async function configMaps(world: World, labelSelector: string): Promise<string[]> {
  const { items } = await world.kube.listAll(CONFIG_MAPS, {
    namespace: world.namespace,
    labelSelector,
    signal: world.soon(),
  });
  return items.map(({ metadata }) => metadata?.name ?? '').sort();
}

test('an app of Hono that checks with zod answers once the command is done', async () => {
  await using world = await system.world();
  const { folder, done, says } = await project(world, {
    'package.json': '{ "name": "@acme/hello-app", "type": "module" }',
    'src/index.ts': `import { Hono } from 'hono'; import { z } from 'zod';
      const app = new Hono(); const Name = z.string().min(2);
      app.get('/hello/:name', (c) => c.text('hello ' + Name.parse(c.req.param('name'))));
      export default app;`,
  });
  await using _ = folder;
  await withPackages(folder);
  assert.match(await done(...WAIT), /^hello-app +created +1 +Ready +http/m);
  assert.equal(await says('hello-app', '/hello/you'), 'hello you');
  assert.match(await done('deploy'), /^hello-app +unchanged +1 /m);
  assert.deepEqual(await configMaps(world, 'catnap.dev/deploy'), ['hello-app-deploy-1']);
});

test('an app of Express in CommonJS answers, with its handler under its name too', async () => {
  await using world = await system.world();
  const { folder, done, says } = await project(world, {
    'catnap.yaml':
      'functions:\n  app: { entry: app.js }\n  named: { entry: lambda.js, spec: { handler: hello.world, signature: lambda } }\n',
    'app.js': `const express = require('express'); const app = express();
      app.get('/views', (request, response) => response.send('views of express'));
      if (require.main === module) app.listen(3000);
      module.exports = app;`,
    'lambda.js': `exports.hello = { world: async (event) => ({ statusCode: 200, body: 'named ' + event.rawPath }) };`,
  });
  await using _ = folder;
  await withPackages(folder);
  await done(...WAIT);
  assert.equal(await says('app', '/views'), 'views of express');
  assert.equal(await says('named', '/a'), 'named /a');
});

test('the S3 client of the AWS SDK is deployed with its function', async () => {
  await using world = await system.world();
  const { folder, done, says } = await project(world, {
    'package.json': '{ "name": "buckets", "type": "module" }',
    'index.ts': `import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
      export default () => new Response(new S3Client({ region: 'eu-west-1' }).constructor.name + ' ' + new ListBucketsCommand({}).constructor.name);`,
  });
  await using _ = folder;
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=0', '@aws-sdk/client-s3'];
  const failed = await promisify(execFile)('npm', install, { cwd: folder.path, timeout: 90_000 }).then(
    () => undefined,
    (error: Error) => error,
  );
  if (failed !== undefined) return notChecked('a deploy with the AWS SDK: npm cannot install it here');
  await done(...WAIT);
  assert.equal(await says('buckets'), 'S3Client ListBucketsCommand');
});

/** Text of words, which shrinks to about a third. */
function manyWords(bytes: number): string {
  let state = 7;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(state / 65_536) % below;
  };
  const words = Array.from({ length: 4_000 }, () => next(32_768).toString(36) + next(32_768).toString(36));
  const parts: string[] = [];
  for (let length = 0; length < bytes; length += 7) parts.push(words[next(words.length)] ?? '');
  return parts.join(' ');
}

test('four megabytes go over several ConfigMaps, which go with their function', async () => {
  await using world = await system.world();
  const { folder, done, says } = await project(world, {
    'catnap.yaml': 'name: large\n',
    'index.ts': `import words from './words.txt'; export default () => new Response(String(words.length));`,
    'words.txt': manyWords(4_000_000),
  });
  await using _ = folder;
  await done(...WAIT);
  assert.ok(Number(await says('large')) > 3_900_000);
  const names = await configMaps(world, 'catnap.dev/deployed-function=large,!catnap.dev/deploy');
  assert.ok(names.length > 1, names.join());
  await done('delete', 'large');
  await eventually(
    'its ConfigMaps are gone',
    async () => (await configMaps(world, 'catnap.dev/deployed-function=large')).length === 0,
  );
});

test('what does not compile, and what does not start, is told with the line of the own file', async () => {
  await using world = await system.world();
  const { folder, run } = await project(world, {
    'catnap.yaml': 'name: broken\n',
    'src/index.ts': `import { boom } from './boom.ts';\nexport default () => new Response(boom());\n`,
    'src/boom.ts': 'export const boom = (): string => a b;\n',
  });
  await using _ = folder;
  const compiled = await run(...WAIT);
  assert.deepEqual([compiled.exitCode, compiled.out], [5, '']);
  assert.match(compiled.err, /^catnap: src\/boom\.ts:1:37: Expected ";" but found "b"\n/);
  await folder.write({
    'src/boom.ts': `\n\nexport const boom = (): string => 'a';\nthrow new Error('no DATABASE_URL');\n`,
  });
  const started = await run(...WAIT);
  assert.equal(started.exitCode, 6, started.err);
  assert.match(started.err, /broken: CrashLoop: [\s\S]*no DATABASE_URL[\s\S]*src\/boom\.ts:4:\d+/);
});

test('a diff shows the own files, and an earlier deploy can be gone back to', async () => {
  await using world = await system.world();
  const { folder, run, done, says } = await project(world, {
    'catnap.yaml': 'name: greet\n',
    'index.ts': `export default () => new Response('one');\n`,
  });
  await using _ = folder;
  await done(...WAIT);
  await folder.write({ 'index.ts': `export default () => new Response('two');\n` });
  const diff = await run('deploy', '--diff', '--exit-code');
  assert.equal(diff.exitCode, 1);
  assert.match(
    diff.out,
    /^-export default \(\) => new Response\('one'\);\n\+export default \(\) => new Response\('two'\);$/m,
  );
  assert.equal(await says('greet'), 'one');
  await done(...WAIT);
  assert.equal(await says('greet'), 'two');
  assert.equal((await run('deploy', '--diff', '--exit-code')).exitCode, 0);
  assert.match(await done('rollback', 'greet'), /again what deploy 1 was \(deploy 3\)/);
  await eventually('it says one again', async () => (await says('greet')) === 'one');
  const list = JSON.parse(await done('rollback', 'greet', '--list', '--json'));
  assert.deepEqual(
    list.map(({ number, from }: { number: number; from?: number }) => [number, from]),
    [
      [3, 1],
      [2, undefined],
      [1, undefined],
    ],
  );
  const none = await run('rollback', 'greet', '--to', '9');
  assert.equal(none.exitCode, 3);
  assert.match(none.err, /deploy 9 of greet is not remembered; there are: 3, 2, 1/);
});

test('a record that only looks like an earlier deploy is not gone back to, and stands in the way of none', async () => {
  await using world = await system.world();
  const { folder, run, done, says } = await project(world, {
    'catnap.yaml': 'name: greet\n',
    'index.ts': `export default () => new Response('one');\n`,
  });
  await using _ = folder;
  await done(...WAIT);
  const { items } = await world.kube.listAll(CONFIG_MAPS, {
    namespace: world.namespace,
    labelSelector: 'catnap.dev/deployed-function=greet,catnap.dev/deploy',
    signal: world.soon(),
  });
  const genuine = items[0] ?? assert.fail('no record');
  for (const number of [2, 7, Number.MAX_SAFE_INTEGER]) {
    const { name: __, resourceVersion: ___, uid: ____, creationTimestamp: _____, ...metadata } = genuine.metadata ?? {};
    const labels = { ...metadata.labels, 'catnap.dev/deploy': String(number) };
    const data = { 'deploy.json': JSON.stringify({ spec: { image: 'evil' }, at: '2026-01-01T00:00:00Z' }) };
    const forged = { ...genuine, metadata: { ...metadata, labels, name: `greet-deploy-${number}` }, data };
    await world.kube.create(CONFIG_MAPS, forged, { signal: world.soon() });
  }
  const none = await run('rollback', 'greet');
  assert.equal(none.exitCode, 3);
  assert.match(none.err, /greet was deployed once only; there are: 1/);
  await folder.write({ 'index.ts': `export default () => new Response('two');\n` });
  assert.match(await done(...WAIT), /^greet +changed +3 /m);
  assert.match(await done('rollback', 'greet'), /again what deploy 1 was \(deploy 4\)/);
  await eventually('it says one again', async () => (await says('greet')) === 'one');
});

test('functions that a project does not name any more are removed when that is asked for, and no others', async () => {
  await using world = await system.world();
  const both = 'name: shop\nfunctions:\n  orders: { entry: a.ts }\n  prices: { entry: a.ts }\n';
  const { folder, run, done } = await project(world, {
    'catnap.yaml': both,
    'a.ts': `export default () => new Response('a');`,
  });
  await using _ = folder;
  await world.apply({ ...HELLO(world), metadata: { name: 'another', namespace: world.namespace } } as never);
  await done('deploy');
  await folder.write({ 'catnap.yaml': 'name: shop\nfunctions:\n  orders: { entry: a.ts }\n' });
  assert.match(
    await done('deploy', '--prune', '--dry-run'),
    /^orders +unchanged \(dry run\)\nprices +removed \(dry run\)$/m,
  );
  assert.deepEqual(await functions(world), ['another', 'orders', 'prices']);
  await done('deploy', '--prune');
  assert.deepEqual(await functions(world), ['another', 'orders']);
  await folder.write({ 'catnap.yaml': 'name: bakery\nfunctions:\n  orders: { entry: a.ts }\n' });
  const taken = await run('deploy');
  assert.equal(taken.exitCode, 1);
  assert.match(taken.err, /orders is of the project "shop"/);
});

const HELLO = ({ namespace }: World) => ({
  apiVersion: 'catnap.dev/v1alpha1',
  kind: 'Function',
  metadata: { name: 'hello', namespace },
  spec: { source: { inline: `export default () => new Response('hello')` } },
});

async function functions(world: World): Promise<string[]> {
  const { items } = await world.kube.listAll(FUNCTION, { namespace: world.namespace, signal: world.soon() });
  return items.map(({ metadata }) => metadata.name).sort();
}

test('what another has set is not taken from him unless that is asked for', async () => {
  await using world = await system.world();
  const { folder, run, done } = await project(world, {
    'catnap.yaml': 'name: limits\nspec: { timeoutSeconds: 5 }\n',
    'index.ts': `export default () => new Response('a');`,
  });
  await using _ = folder;
  await done('deploy');
  const patch = { type: 'merge', body: { spec: { timeoutSeconds: 9 } } } as const;
  await world.kube.patch(FUNCTION, world.ref('limits'), patch, { fieldManager: 'kubectl-edit', signal: world.soon() });
  const refused = await run('deploy');
  assert.equal(refused.exitCode, 1);
  assert.match(
    refused.err,
    /limits: others have set what this would change:\n {2}\.spec\.timeoutSeconds {2}set by "kubectl-edit"\n/,
  );
  await done('deploy', '--force-conflicts');
  assert.equal((await world.get('limits')).spec.timeoutSeconds, 5);
});

test('a function whose code another tool has given is not deployed over, and it is said why', async () => {
  await using world = await system.world();
  const { folder, run } = await project(world, {
    'catnap.yaml': 'name: hello\n',
    'index.ts': `export default () => new Response('a');`,
  });
  await using _ = folder;
  await world.apply(HELLO(world) as never);
  const refused = await run('deploy');
  assert.equal(refused.exitCode, 1);
  assert.match(refused.err, /hello: it has its code by other means.*: spec\.source\.inline\./);
});

test('Ctrl-C ends a wait, and leaves what was deployed', async () => {
  await using world = await system.world();
  await using folder = await testFolder({
    'catnap.yaml': 'name: slow\n',
    'index.ts': `await new Promise((resolve) => setTimeout(resolve, 60_000)); export default () => 'slow';`,
  });
  const interrupt = new AbortController();
  const options = { kubeconfig: system.kubeconfig, cwd: folder.path, signal: interrupt.signal };
  const waiting = catnap([...WAIT, '-n', world.namespace], options);
  await eventually('it was deployed', async () => (await configMaps(world, 'catnap.dev/deploy')).length === 1);
  interrupt.abort();
  const { exitCode, out, err } = await waiting;
  assert.deepEqual([exitCode, out, err], [130, '', '']);
  assert.equal((await world.get('slow')).metadata.name, 'slow');
});

/** In front of the cluster's API server one that knows its callers by certificates. */
async function behindCertificates(folder: TestFolder) {
  const config = parse(await readFile(system.kubeconfig, 'utf8'));
  const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
  const { token } = config.users[0].user;
  const agent = new https.Agent({ ca: Buffer.from(ca, 'base64'), keepAlive: true });
  const proxy = https.createServer({ ...TEST_SERVER, ca: TEST_CA, requestCert: true, rejectUnauthorized: true });
  proxy.on('request', (request, response) => {
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    const onward = https.request(new URL(request.url ?? '/', server), { method: request.method, headers, agent });
    onward.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)));
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  config.clusters[0].cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(TEST_CA) };
  config.users[0].user = {
    'client-certificate-data': base64(TEST_CLIENT.cert),
    'client-key-data': base64(TEST_CLIENT.key),
  };
  await folder.write({ kubeconfig: stringify(config) });
  const close = async () => {
    proxy.closeAllConnections();
    agent.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  };
  return { kubeconfig: join(folder.path, 'kubeconfig'), [Symbol.asyncDispose]: close };
}

test('a cluster that knows its callers by certificates is deployed to', async (t) => {
  const text = await readFile(system.kubeconfig, 'utf8');
  if (!/\btoken:/.test(text)) {
    notChecked('a deploy with a client certificate: the kubeconfig of this cluster has no token');
    return t.skip();
  }
  await using world = await system.world();
  const { folder } = await project(world, {
    'catnap.yaml': 'name: sure\n',
    'index.ts': 'export default () => "sure";',
  });
  await using _ = folder;
  await using proxy = await behindCertificates(folder);
  const made = await catnap([...WAIT, '-n', world.namespace], { kubeconfig: proxy.kubeconfig, cwd: folder.path });
  assert.deepEqual([made.exitCode, made.err], [0, '']);
  assert.match(made.out, /^sure +created +1 +Ready/m);
});
