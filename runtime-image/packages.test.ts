import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { Replica } from './replica.testing.ts';

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

  test('without anything to load it says where it looked', async () => {
    await using made = await folder({ 'README.md': 'nothing' });
    await using replica = new Replica({}, made.path);
    assert.equal((await replica.ended).code, 1);
    const { err } = await replica.line((line) => line.level === 'fatal');
    assert.match((err as { message: string }).message, /no package\.json with a main, and no index\.js, index\.mjs/);
  });
});
