import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { build } from 'esbuild';
import { Replica } from '../testing/replica.ts';

/** A folder as `/function` is in an image built FROM the runtime's. */
async function folder(files: Record<string, string>): Promise<AsyncDisposable & { path: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'catnap-function-'));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return { path: directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

const GREET = {
  'node_modules/greet/package.json': '{ "name": "greet", "main": "greet.js" }',
  'node_modules/greet/greet.js': `exports.greet = (name) => 'Hello, ' + name + '!';`,
};

async function answerOf(files: Record<string, string>, env: Record<string, string> = {}): Promise<string> {
  await using made = await folder(files);
  await using replica = new Replica(env, made.path);
  return await (await fetch(`${await replica.origin()}/?name=you`)).text();
}

suite('an image with its own code and packages', { concurrency: 4 }, () => {
  test('the main of package.json, compiled to CommonJS, with a package', async () => {
    const main = `const { greet } = require('greet');
      exports.handler = async (event) => ({ statusCode: 200, body: greet(event.queryStringParameters.name) });`;
    const files = { ...GREET, 'package.json': '{ "main": "dist/main.js" }', 'dist/main.js': main };
    assert.equal(await answerOf(files), 'Hello, you!');
  });

  test('an ES module with a package', async () => {
    const index = `import { greet } from 'greet';
      export default (request) => greet(new URL(request.url).searchParams.get('name'));`;
    assert.equal(
      await answerOf({ ...GREET, 'package.json': '{ "type": "module" }', 'index.js': index }),
      'Hello, you!',
    );
    assert.equal(await answerOf({ ...GREET, 'index.mjs': index }), 'Hello, you!');
    assert.equal(await answerOf({ ...GREET, 'app.mjs': index }, { CATNAP_HANDLER_FILE: 'app.mjs' }), 'Hello, you!');
  });

  test('the Functions Framework’s function.js, the framework installed or not', async () => {
    const main = `const functions = require('@google-cloud/functions-framework');
      const { greet } = require('greet');
      functions.http('hello', (req, res) => res.send(greet(req.query.name)));
      functions.cloudEvent('event', () => undefined);`;
    const installed = { 'node_modules/@google-cloud/functions-framework/index.js': `throw new Error('loaded');` };
    const env = { CATNAP_HANDLER: 'hello' };
    assert.equal(await answerOf({ ...GREET, 'function.js': main }, env), 'Hello, you!');
    assert.equal(await answerOf({ ...GREET, ...installed, 'index.js': main }, env), 'Hello, you!');
    const module = `import { http } from '@google-cloud/functions-framework';
      http('only', (req, res) => { res.send('as a module'); });`;
    assert.equal(await answerOf({ 'index.mjs': module }), 'as a module');
  });

  test('the start says which package is slow, be it a CommonJS or an ES module', async () => {
    const busy = (ms: number) => `const end = performance.now() + ${ms}; while (performance.now() < end);`;
    await using made = await folder({
      'package.json': '{ "type": "module" }',
      'index.js': `import './lib/own.js'; import outer from 'outer'; import { es } from '@scope/es'; export default () => outer + es;`,
      'lib/own.js': `${busy(30)}`,
      'node_modules/outer/index.js': `const inner = require('inner'); ${busy(50)} module.exports = 'outer ' + inner;`,
      'node_modules/inner/index.js': `${busy(80)} module.exports = 'inner '; return;`,
      'node_modules/@scope/es/package.json': '{ "type": "module", "exports": "./es.js" }',
      'node_modules/@scope/es/es.js': `import './more.js'; ${busy(20)} export const es = 'es';`,
      'node_modules/@scope/es/more.js': `${busy(20)}`,
    });
    await using replica = new Replica({}, made.path);
    assert.equal(await (await fetch(await replica.origin())).text(), 'outer inner es');
    const { importSeconds, startSeconds } = await replica.line((line) => line.msg === 'started');
    const times = importSeconds as Record<string, number>;
    // A machine with other work makes each longer; none is charged with another's.
    const busySeconds = { inner: 0.08, outer: 0.05, '@scope/es': 0.04 };
    for (const [name, seconds] of Object.entries(busySeconds)) {
      assert.ok((times[`node_modules/${name}`] ?? 0) >= seconds, `${name} in ${JSON.stringify(times)}`);
    }
    assert.ok((times['lib/own.js'] ?? 0) >= 0.03, JSON.stringify(times));
    const slowestFirst = Object.values(times).toSorted((one, other) => other - one);
    assert.deepEqual(Object.values(times), slowestFirst);
    const named = Object.values(times).reduce((sum, seconds) => sum + seconds, 0);
    const whole = (startSeconds as { import: number }).import;
    assert.ok(named <= whole && named > 0.8 * whole, `${JSON.stringify(times)} of ${whole}`);
    const shown = /_import_seconds\{module="node_modules\/inner"\} (\S+)/.exec(await replica.metrics())?.[1];
    assert.ok(Math.abs(Number(shown) - (times['node_modules/inner'] ?? 0)) < 0.001, `${shown} in the metrics`);
  });

  test('an error is logged with the lines of the TypeScript that was compiled, by its source map', async () => {
    const source = `interface Unused {\n  a: string;\n}\n\nexport default function handler(): string {\n  throw new Error('no luck');\n}\n`;
    const options = {
      bundle: true,
      write: false,
      sourcemap: true,
      minify: true,
      outdir: '/dist',
      platform: 'node',
    } as const;
    const stdin = { contents: source, sourcefile: '/src/index.ts', loader: 'ts' } as const;
    for (const [format, name] of [
      ['cjs', 'index.cjs'],
      ['esm', 'index.mjs'],
    ] as const) {
      const { outputFiles } = await build({ ...options, stdin, format });
      const [map = '', code = ''] = outputFiles.map((file) => file.text);
      const main = JSON.stringify({ main: `dist/${name}` });
      await using made = await folder({
        'package.json': main,
        [`dist/${name}`]: code.replace('stdin.js.map', `${name}.map`),
        [`dist/${name}.map`]: map,
      });
      await using replica = new Replica({}, made.path);
      await fetch(await replica.origin());
      const { err } = await replica.line((line) => line.msg === 'handler failed');
      assert.match((err as { stack: string }).stack, /^Error: no luck\n {4}at .*\/src\/index\.ts:6:9/);
    }
  });

  test('without anything to load it says where it looked', async () => {
    await using made = await folder({ 'README.md': 'nothing' });
    await using replica = new Replica({}, made.path);
    assert.equal((await replica.ended).code, 1);
    const { err } = await replica.line((line) => line.level === 'fatal');
    assert.match((err as { message: string }).message, /no package\.json with a main, and no index\.js, index\.mjs/);
  });
});
