import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { bundleEnv, Replica, replicaOf } from './testing/replica.ts';

// Each has a process of its own and mostly waits for it.
suite('starting', { concurrency: 4 }, () => {
  test('a mistake in the environment ends it with one line that names all of them', async () => {
    await using replica = new Replica({
      CATNAP_BUNDLE_CHUNKS: '2',
      CATNAP_BUNDLE_0: 'x',
      CATNAP_TIMEOUT_SECONDS: 'soon',
    });
    assert.equal((await replica.ended).code, 1);
    assert.equal(replica.lines.length, 1);
    assert.match(replica.lines[0]?.msg ?? '', /CATNAP_TIMEOUT_SECONDS.*CATNAP_BUNDLE_1/);
  });

  test('a bundle that is none ends it with what is wrong', async () => {
    await using replica = new Replica({ CATNAP_BUNDLE_CHUNKS: '1', CATNAP_BUNDLE_0: 'AAAA' });
    assert.equal((await replica.ended).code, 1);
    const line = await replica.line((found) => found.level === 'fatal');
    assert.match((line.err as { message: string }).message, /base64 of brotli/);
  });

  test('code that is not what its digest is of is not run, small or large', async () => {
    const source = `console.log('ran'); export default () => 'mine';`;
    for (const chunkLength of [undefined, 40]) {
      const env = await bundleEnv(source, chunkLength);
      const { CATNAP_BUNDLE_CHUNKS, ...chunks } = env;
      const sha256 = hash('sha256', Object.values(chunks).join(''));
      await using good = new Replica({ ...env, CATNAP_BUNDLE_SHA256: sha256, CATNAP_NAMESPACE: 'shop' });
      assert.equal(await (await fetch(await good.origin())).text(), 'mine');
      const other = { ...(await bundleEnv(source.replace('mine', 'evil'), chunkLength)), CATNAP_BUNDLE_SHA256: sha256 };
      await using forged = new Replica({ ...other, CATNAP_NAMESPACE: 'shop' });
      assert.equal((await forged.ended).code, 1);
      const line = await forged.line((found) => found.level === 'fatal');
      assert.match(
        (line.err as { message: string }).message,
        /not the code that was compiled.*ConfigMap in namespace shop/,
      );
      assert.ok(forged.lines.every((found) => found.msg !== 'ran'));
    }
  });

  test('a handler that is not exported ends it with the exports there are', async () => {
    await using replica = await replicaOf(`export const one = 1; export default () => 'x';`, {
      CATNAP_HANDLER: 'main',
    });
    assert.equal((await replica.ended).code, 1);
    const line = await replica.line((found) => found.level === 'fatal');
    assert.match((line.err as { message: string }).message, /"main".*exports default, one/);
  });

  test('a module that throws ends it with the lines of the source', async () => {
    await using replica = await replicaOf(
      `interface Unused { a: 1 }\n\nthrow new Error('at import');\nexport default () => 'x';`,
    );
    assert.equal((await replica.ended).code, 1);
    const line = await replica.line((found) => found.level === 'fatal');
    assert.match((line.err as { stack: string }).stack, /at import[\s\S]*\/function\/index\.ts:3:7/);
  });

  test('init is awaited before the probe says ready; a failing one ends it', async () => {
    await using replica = await replicaOf(`let made = 'no';
    export const init = async () => { await new Promise((r) => setTimeout(r, 200)); made = 'yes'; };
    export default () => made;`);
    assert.equal(await (await fetch(await replica.origin())).text(), 'yes');
    await using failing = await replicaOf(`export const init = async () => { throw new Error('no database'); };
    export default () => 'x';`);
    assert.equal((await failing.ended).code, 1);
    const line = await failing.line((found) => found.level === 'fatal');
    assert.equal((line.err as { message: string }).message, 'no database');
  });

  test('a named export is called; the bundle comes in chunks and leaves nothing in the environment', async () => {
    const source = `export function named() {
    return Object.keys(process.env).filter((name) => name.startsWith('CATNAP_BUNDLE')).length + ' left';
  }`;
    await using replica = new Replica({ ...(await bundleEnv(source, 40)), CATNAP_HANDLER: 'named' });
    assert.equal(await (await fetch(await replica.origin())).text(), '0 left');
  });

  test('without a bundle the handler is a file, with its packages beside it', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'catnap-'));
    try {
      await writeFile(path.join(directory, 'index.ts'), `const text: string = 'typed';\nexport default () => text;`);
      await writeFile(
        path.join(directory, 'other.cjs'),
        `module.exports = { default: () => 'common', run: () => 'run' };`,
      );
      await using replica = new Replica({}, directory);
      assert.equal(await (await fetch(await replica.origin())).text(), 'typed');
      await using other = new Replica({ CATNAP_HANDLER_FILE: 'other.cjs', CATNAP_HANDLER: 'run' }, directory);
      assert.equal(await (await fetch(await other.origin())).text(), 'run');
      await using none = new Replica({ CATNAP_HANDLER_FILE: 'none.js' }, directory);
      assert.equal((await none.ended).code, 1);
      await none.line((line) => line.level === 'fatal' && JSON.stringify(line.err).includes('there is no none.js'));
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  const SLOW_START = `const busyMs = (ms: number) => { const end = performance.now() + ms; while (performance.now() < end); };
    busyMs(80);
    export const init = () => busyMs(40);
    export default () => 'started';`;

  /** Compares the phases with the time from the start of the process to the line that tells of them. */
  async function assertPhases(replica: Replica): Promise<void> {
    const { startSeconds, time } = await replica.line((line) => line.msg === 'started');
    const phases = startSeconds as Record<string, number>;
    assert.deepEqual(Object.keys(phases), ['boot', 'read', 'import', 'init', 'listen']);
    assert.ok(
      Object.values(phases).every((seconds) => seconds >= 0 && seconds < 5),
      JSON.stringify(phases),
    );
    assert.ok((phases.import ?? 0) >= 0.079 && (phases.init ?? 0) >= 0.039, JSON.stringify(phases));
    const metrics = await replica.metrics();
    const startedAt = Number(/^process_start_time_seconds (.*)$/m.exec(metrics)?.[1]);
    // The line is written 100 ms after the start, or later where the processor is busy.
    const untilLine = Date.parse(String(time)) / 1000 - startedAt;
    const together = Object.values(phases).reduce((sum, seconds) => sum + seconds, 0);
    const difference = untilLine - together;
    assert.ok(difference >= 0.095 && difference < 0.3, `${together} s in phases, logged after ${untilLine} s`);
    assert.match(metrics, /^catnap_runtime_start_seconds\{phase="init"\} 0\.0[4-9]/m);
  }

  test('the phases of a start follow one another, and together are the start', async () => {
    await using replica = await replicaOf(SLOW_START);
    await assertPhases(replica);
    const directory = await mkdtemp(path.join(tmpdir(), 'catnap-'));
    try {
      await writeFile(path.join(directory, 'index.ts'), SLOW_START);
      await using image = new Replica({}, directory);
      await assertPhases(image);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('a start loads no fetch implementation', async () => {
    await using replica = await replicaOf(`export default async (request: Request) => {
    const loaded = () => process.moduleLoadList.some((name) => name.includes('undici'));
    const before = loaded();
    const text = await request.text() + request.headers.get('x-a') + new Headers({ b: 'c' }).get('b');
    const fetched = await fetch('data:text/plain,fetched');
    return Response.json({ before, text, fetched: await fetched.text(), same: fetched instanceof Response, after: loaded() });
  }`);
    const response = await fetch(await replica.origin(), { method: 'POST', body: 'body', headers: { 'x-a': '1' } });
    assert.deepEqual(await response.json(), {
      before: false,
      text: 'body1c',
      fetched: 'fetched',
      same: true,
      after: true,
    });
  });

  test('a request can be handed to fetch, and what fetch gives can be the answer', async () => {
    await using upstream = await replicaOf(`export default async (request: Request) =>
    new Response([request.method, request.headers.get('x-a'), await request.text()].join(' '), { status: 202 });`);
    await using replica = await replicaOf(
      `export default (request: Request) => fetch(new Request(process.env.UPSTREAM + '/b', request));`,
      { UPSTREAM: await upstream.origin() },
    );
    const response = await fetch(await replica.origin(), { method: 'POST', body: 'sent', headers: { 'x-a': '1' } });
    assert.equal(response.status, 202);
    assert.equal(await response.text(), 'POST 1 sent');
  });
});
