// Longer than 250 lines: one table of what people bring, on one cluster.
/** What people bring along: each as its authors write it for where it ran before, deployed as it stands. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { FunctionObject } from '#api/function.ts';
import { CONFIG_MAPS } from '#platform/kube/resources.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { LOCAL_IMAGE } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import { condition, type World } from '../support/world.ts';

const system = useSystem();

interface Brought {
  files: Record<string, string>;
  spec?: object;
  path?: string;
  says: string | RegExp;
}

/** One file, as documentation says to make it: `npx esbuild index.ts --bundle --format=esm --platform=node --minify --charset=utf8`. */
async function bundled(contents: string, format: 'esm' | 'cjs' = 'esm'): Promise<Record<string, string>> {
  const stdin = { contents, resolveDir: import.meta.dirname, loader: 'ts' } as const;
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    write: false,
    format,
    platform: 'node',
    minify: true,
    charset: 'utf8',
  });
  return { 'index.js': outputFiles[0]?.text ?? '' };
}

const BROUGHT: Record<string, () => Promise<Brought> | Brought> = {
  'an app of Hono that checks with zod': async () => ({
    files: await bundled(`import { Hono } from 'hono'; import { z } from 'zod';
      const app = new Hono(); const Name = z.string().min(2);
      app.get('/hello/:name', (c) => c.text('hello ' + Name.parse(c.req.param('name'))));
      export default app;`),
    path: '/hello/you',
    says: 'hello you',
  }),
  'an app of Express': async () => ({
    files: await bundled(
      `const express = require('express'); const path = require('path');
       const app = express(); app.set('views', path.join(__dirname, 'views'));
       app.get('/views', (req, res) => res.send(app.get('views')));
       if (require.main === module) app.listen(3000);
       module.exports = app;`,
      'cjs',
    ),
    spec: { signature: 'http' },
    path: '/views',
    says: '/function/views',
  }),
  'an app of Express, found out without a signature': async () => ({
    files: await bundled(`import express from 'express'; const app = express();
      app.get('/favicon.ico', (request, response) => response.status(200).send('an icon'));
      export default app;`),
    path: '/favicon.ico',
    says: 'an icon',
  }),
  'an app of Fastify': async () => ({
    files: await bundled(`import fastify from 'fastify'; const app = fastify();
      app.get('/orders/:id', async (request) => 'order ' + request.params.id);
      export default app;`),
    path: '/orders/7',
    says: 'order 7',
  }),
  'a Worker that answers for another server': () => ({
    files: {
      'index.ts': `export default { async fetch(request: Request, env: Record<string, string>): Promise<Response> {
        if (new URL(request.url).pathname === '/origin') return new Response('from the origin');
        const answer = await fetch('data:text/plain,' + encodeURIComponent('passed on by ' + env.WHO));
        return new Response(answer.body, { headers: { 'x-who': 'worker' } });
      } };`,
    },
    spec: { env: [{ name: 'WHO', value: 'a Worker' }] },
    says: 'passed on by a Worker',
  }),
  'a Lambda function with a callback': () => ({
    files: {
      'index.js': `exports.handler = (event, context, callback) => {
        setTimeout(() => callback(null, { statusCode: 200, body: 'called back at ' + event.rawPath }), 5);
      };`,
    },
    path: '/lambda',
    says: 'called back at /lambda',
  }),
  'a Lambda function that returns nothing and calls nothing back': () => ({
    files: {
      'index.js': `exports.handler = (event, context) => { console.log(event.rawPath, context.awsRequestId); };`,
    },
    spec: { timeoutSeconds: 20 },
    says: 'null',
  }),
  'a module that is imported when it is called, and where the code thinks it is': () => ({
    files: {
      'index.js': `export default async () => { const { greet } = await import('./lib/greet.js'); return greet(); };`,
      'lib/greet.js': `const path = require('node:path');
        exports.greet = () => [path.join(__dirname, 'a.txt'), __filename].join(' ');`,
    },
    says: '/function/lib/a.txt /function/lib/greet.js',
  }),
  'files of its own by computed names, and files that are no code': () => ({
    files: {
      'index.ts': `import page from './page.html'; import query from './all.sql';
        const load = async (name: string) => (await import(\`./lang/\${name}.ts\`)).default;
        export default async (request: Request) => page.replace('{}', await load(new URL(request.url).pathname.slice(1))) + query;`,
      'page.html': '<p>{}</p>',
      'all.sql': 'select 1',
      'lang/de.ts': `export default 'hallo'`,
      'lang/en.ts': `export default 'hello'`,
    },
    path: '/de',
    says: '<p>hallo</p>select 1',
  }),
  'a project with a tsconfig.json: paths and decorators': () => ({
    files: {
      'tsconfig.json': `{ "compilerOptions": { "experimentalDecorators": true, "paths": { "@/*": ["./src/*"] } } }`,
      'index.ts': `import { Greeter } from '@/greeter'; export default () => new Greeter().greet();`,
      'src/greeter.ts': `const loud = (_: object, __: string, descriptor: PropertyDescriptor) => {
          const quiet = descriptor.value; descriptor.value = () => quiet() + '!';
        };
        export class Greeter { @loud greet() { return 'hi'; } }`,
    },
    says: 'hi!',
  }),
};

for (const [name, make] of Object.entries(BROUGHT)) {
  test(name, async () => {
    await using world = await system.world();
    const { files, spec, path = '/', says } = await make();
    const { status, text } = await deployed(world, { files: await source(world, files), spec, path });
    assert.equal(status, 200, text);
    assert.equal(text, says);
  });
}

/** Larger sources are given as ConfigMaps. */
async function source(world: World, files: Record<string, string>): Promise<object> {
  if (JSON.stringify(files).length < 100_000) return { files };
  // One ConfigMap holds 1 MiB: `gzip -9 index.js`.
  const binaryData = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${name}.gz`, gzipSync(text, { level: 9 }).toString('base64')]),
  );
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: world.namespace, name: 'brought' },
    binaryData,
  };
  await world.kube.create(CONFIG_MAPS, object, { signal: world.soon() });
  return { configMapRef: { name: 'brought' } };
}

async function deployed(
  world: World,
  { files, spec, path }: { files: object; spec?: object | undefined; path: string },
): Promise<{ status: number; text: string }> {
  const fn = manifest(world.namespace, 'brought', HELLO);
  const url = await world.deploy({ ...fn, spec: { ...fn.spec, source: files, ...spec } });
  return world.call(url, { path });
}

test('a function of several megabytes, from several ConfigMaps, is stored over two', async () => {
  await using world = await system.world();
  const part = () => `export default ${JSON.stringify(randomBytes(560_000).toString('base64'))};`;
  await world.configMap('first', {
    'index.ts': `import a from './a.ts'; import b from './b.ts'; export default () => String(a.length + b.length);`,
    'a.ts': part(),
  });
  await world.configMap('second', { 'b.ts': part() });
  const configMapRefs = [{ name: 'first' }, { name: 'second' }];
  const { status, text } = await deployed(world, { files: { configMapRefs }, path: '/' });
  assert.deepEqual([status, text], [200, '1493336']);
  const stored = (await world.kube.listAll(CONFIG_MAPS, { namespace: world.namespace, signal: world.soon() })).items;
  const named = (what: string) => stored.filter((one) => one.metadata?.name?.startsWith(`brought-${what}-`)).length;
  assert.deepEqual([named('bundle'), named('map')], [2, 2]);
});

test('a large function that fails at its start is shown with the lines of its source', async () => {
  await using world = await system.world();
  const noise = JSON.stringify(randomBytes(700_000).toString('base64'));
  await world.configMap('brought', {
    'index.ts': `import { check } from './lib/check.ts'; import noise from './noise.ts';\nexport default () => check(noise);\ncheck(noise);`,
    'lib__check.ts': `interface Unused { a: string }\n\nexport function check(text: string): string {\n  throw new Error('not today ' + text.length);\n}`,
    'noise.ts': `export default ${noise};`,
  });
  const { status } = await deployed(world, { files: { configMapRef: { name: 'brought' } }, path: '/' });
  assert.equal(status, 503);
  const said = (fn: FunctionObject) => String(condition(fn, 'RevisionReady')?.message);
  const fn = await world.function('brought', 'has failed', (seen) => said(seen).includes('not today'));
  assert.match(said(fn), /\/function\/lib\/check\.ts:4:9/);
  assert.doesNotMatch(said(fn), /bundle\.mjs/);
});

test('what is never imported is said where it is seen that the source compiles', async () => {
  await using world = await system.world();
  const files = { 'index.ts': 'export default () => 1;', 'views/page.ejs': '' };
  await deployed(world, { files: { files }, path: '/' });
  const fn = await world.get('brought');
  assert.match(String(condition(fn, 'SourceReady')?.message), /compiles.*1 file is never imported.*views\/page\.ejs/);
});

const MISTAKES: Record<string, { source: string; spec?: object; path?: string; is: RegExp }> = {
  'a web handler under the signature http': {
    source: `export default (request: Request) => new Response(new URL(request.url).pathname);`,
    spec: { signature: 'http' },
    is: /Invalid URL.*needs spec\.signature: fetch/,
  },
  'a handler (req, res) without a signature': {
    source: `export default (req, res) => { res.status(200).send('never'); };`,
    is: /needs spec\.signature: http/,
  },
  'a call of a host that there is none of': {
    source: `export default () => fetch('http://nothing.invalid');`,
    is: /fetch failed: .*nothing\.invalid/,
  },
  'a file that is looked for beside the code': {
    source: `import { readFileSync } from 'node:fs'; import path from 'node:path';
      export default () => readFileSync(path.join(import.meta.dirname, 'page.html'), 'utf8');`,
    is: /ENOENT.*page\.html.*import the file/,
  },
};

for (const [name, { source, spec, is }] of Object.entries(MISTAKES)) {
  test(`${name}: the answer says what to do`, async () => {
    await using world = await system.world();
    const env = [{ name: 'NODE_ENV', value: 'development' }];
    const { status, text } = await deployed(world, { files: { inline: source }, spec: { env, ...spec }, path: '/' });
    assert.equal(status, 500, text);
    assert.match(text, is);
  });
}

test('an image whose program listens elsewhere than on $PORT: the conditions say where it has to', {
  skip: system.image !== LOCAL_IMAGE && 'not checked: only the local image listens where it is told to',
}, async () => {
  await using world = await system.world();
  const { apiVersion, kind, metadata } = manifest(world.namespace, 'deaf', HELLO);
  const env = [{ name: 'LISTEN_PORT', value: '0' }];
  await world.apply({ apiVersion, kind, metadata, spec: { image: LOCAL_IMAGE, env } });
  const fn = await world.function('deaf', 'says what it waits for', (seen) => {
    return String(condition(seen, 'Ready')?.message).includes('$PORT');
  });
  assert.match(String(condition(fn, 'Ready')?.message), /nothing answers at port 8080/);
  assert.equal(condition(fn, 'RevisionReady')?.status, 'Unknown');
});
