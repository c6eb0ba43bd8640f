/** `catnap deploy`: folders as people have them, by the command as it is called. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { notChecked } from '#platform/testing/not-checked.ts';
import { type TestFolder, testFolder } from '../../cli/testing/folder.ts';
import { behindCertificates } from '../support/behind-certificates.ts';
import { catnap } from '../support/catnap.ts';
import { configMaps, DEPLOY_AND_WAIT, LONGEST_MS, project } from '../support/cli-project.ts';
import { eventually } from '../support/eventually.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();
const PACKAGES = join(import.meta.dirname, '../../node_modules');

function withPackages({ path }: TestFolder): Promise<void> {
  return symlink(PACKAGES, join(path, 'node_modules'));
}

test('an app of Hono that checks with zod answers once the command is done', async () => {
  await using world = await system.world();
  const { folder, done, says } = await project(system, world, {
    'package.json': '{ "name": "@acme/hello-app", "type": "module" }',
    'src/index.ts': `import { Hono } from 'hono'; import { z } from 'zod';
      const app = new Hono(); const Name = z.string().min(2);
      app.get('/hello/:name', (c) => c.text('hello ' + Name.parse(c.req.param('name'))));
      export default app;`,
  });
  await using _ = folder;
  await withPackages(folder);
  assert.match(await done(...DEPLOY_AND_WAIT), /^hello-app +created +1 +Ready +http/m);
  assert.equal(await says('hello-app', '/hello/you'), 'hello you');
  assert.match(await done('deploy'), /^hello-app +unchanged +1 /m);
  assert.deepEqual(await configMaps(world, 'catnap.dev/deploy'), ['hello-app-deploy-1']);
});

test('an app of Express in CommonJS answers, with its handler under its name too', async () => {
  await using world = await system.world();
  const { folder, done, says } = await project(system, world, {
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
  await done(...DEPLOY_AND_WAIT);
  assert.equal(await says('app', '/views'), 'views of express');
  assert.equal(await says('named', '/a'), 'named /a');
});

test('the S3 client of the AWS SDK is deployed with its function', async () => {
  await using world = await system.world();
  const { folder, done, says } = await project(system, world, {
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
  await done(...DEPLOY_AND_WAIT);
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
  const { folder, done, says } = await project(system, world, {
    'catnap.yaml': 'name: large\n',
    'index.ts': `import words from './words.txt'; export default () => new Response(String(words.length));`,
    'words.txt': manyWords(4_000_000),
  });
  await using _ = folder;
  await done(...DEPLOY_AND_WAIT);
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
  const { folder, run } = await project(system, world, {
    'catnap.yaml': 'name: broken\n',
    'src/index.ts': `import { boom } from './boom.ts';\nexport default () => new Response(boom());\n`,
    'src/boom.ts': 'export const boom = (): string => a b;\n',
  });
  await using _ = folder;
  const compiled = await run(...DEPLOY_AND_WAIT);
  assert.deepEqual([compiled.exitCode, compiled.stdout], [5, '']);
  assert.match(compiled.stderr, /^catnap: src\/boom\.ts:1:37: Expected ";" but found "b"\n/);
  await folder.write({
    'src/boom.ts': `\n\nexport const boom = (): string => 'a';\nthrow new Error('no DATABASE_URL');\n`,
  });
  const started = await run(...DEPLOY_AND_WAIT);
  assert.equal(started.exitCode, 6, started.stderr);
  assert.match(started.stderr, /broken: CrashLoop: [\s\S]*no DATABASE_URL[\s\S]*src\/boom\.ts:4:\d+/);
});

test('Ctrl-C ends a wait, and leaves what was deployed', async () => {
  await using world = await system.world();
  await using folder = await testFolder({
    'catnap.yaml': 'name: slow\n',
    'index.ts': `await new Promise((resolve) => setTimeout(resolve, 60_000)); export default () => 'slow';`,
  });
  const interrupt = new AbortController();
  const options = {
    kubeconfig: system.kubeconfig,
    cwd: folder.path,
    timeoutMs: LONGEST_MS,
    interrupt: interrupt.signal,
  };
  const waiting = catnap([...DEPLOY_AND_WAIT, '-n', world.namespace], options);
  await eventually('it was deployed', async () => (await configMaps(world, 'catnap.dev/deploy')).length === 1);
  interrupt.abort();
  assert.deepEqual(await waiting, { exitCode: 130, stdout: '', stderr: '' });
  assert.equal((await world.get('slow')).metadata.name, 'slow');
});

test('a cluster that knows its callers by certificates is deployed to', async (t) => {
  const text = await readFile(system.kubeconfig, 'utf8');
  if (!/\btoken:/.test(text)) {
    t.skip('not checked: the kubeconfig of this cluster has no token');
    return;
  }
  await using world = await system.world();
  const { folder } = await project(system, world, {
    'catnap.yaml': 'name: sure\n',
    'index.ts': 'export default () => "sure";',
  });
  await using _ = folder;
  await using proxy = await behindCertificates(system, folder);
  const made = await catnap([...DEPLOY_AND_WAIT, '-n', world.namespace], {
    kubeconfig: proxy.kubeconfig,
    cwd: folder.path,
    timeoutMs: LONGEST_MS,
  });
  assert.deepEqual([made.exitCode, made.stderr], [0, '']);
  assert.match(made.stdout, /^sure +created +1 +Ready/m);
});
