/** Gateway and dispatcher as processes, and the disk below them: waited for, full, and in a process that is stopped. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { notChecked } from '#platform/testing/not-checked.ts';
import { until } from '#platform/testing/until.ts';
import { ask } from '../../activator/testing/test-gateway.ts';
import { AsyncScene } from '../integration/async-scene.ts';
import { DISPATCHER_FROM_SOURCE } from '../integration/dispatcher-process.ts';
import { acceptedIn, canTrace, Trace } from './async/syscalls.ts';

const LIMIT = { timeout: 240_000 };
const folder = mkdtempSync(join(tmpdir(), 'catnap-async-disk-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Twenty one after the other, then forty at once, of which nothing runs; what strace saw of the 202s. */
async function traced(env: Record<string, string>): Promise<ReturnType<typeof acceptedIn>> {
  await using scene = await AsyncScene.start({ env });
  const file = join(folder, `${Object.keys(env).length}.trace`);
  const pids = [scene.gateway.process.pid, scene.dispatcher.child.pid] as number[];
  const headers = { 'catnap-not-before': new Date(Date.now() + 3_600_000).toISOString() };
  const trace = await Trace.of(pids, file);
  const statuses: number[] = [];
  for (let n = 0; n < 20; n += 1) statuses.push((await scene.send({ headers })).status);
  const together = await Promise.all(Array.from({ length: 40 }, () => scene.send({ headers })));
  await trace.end();
  assert.deepEqual(
    [...statuses, ...together.map(({ status }) => status)].filter((status) => status !== 202),
    [],
  );
  return acceptedIn(readFileSync(file, 'utf8'));
}

test('each 202 of a gateway is written after the disk has what it accepts', LIMIT, async () => {
  if (!canTrace()) {
    notChecked('that a 202 waits for the disk: there is no strace, or it may not trace');
    return;
  }
  const { answered, early } = await traced({});
  assert.deepEqual([answered.length, early], [60, []]);
  // The check sees it where the dispatcher does not wait for the disk.
  const lax = await traced({
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'async/lax-disk.mjs'))}`,
  });
  assert.equal(lax.answered.length, 60);
  assert.ok(lax.early.length >= 50, `${lax.early.length} were written early`);
});

/** `command` with a disk of 8 MiB at a folder that it alone sees; undefined where that cannot be had. */
function onSmallDisk(command: readonly string[]): ((folder: string) => readonly string[]) | undefined {
  const script = 'mkdir -p "$0" && mount -t tmpfs -o size=8m none "$0" && exec "$@"';
  const mounting = (at: string, what: readonly string[]) => ['-Urm', 'sh', '-c', script, at, ...what];
  if (spawnSync('unshare', mounting(join(folder, 'tried'), ['true'])).status !== 0) return undefined;
  return (at) => ['unshare', ...mounting(at, command)];
}

/** Sends until one is not accepted. Where the accepted ones are asked for, and what the last was answered. */
async function sendUntilRefused(scene: AsyncScene): Promise<{ accepted: string[]; refusal: unknown[] }> {
  const accepted: string[] = [];
  for (let n = 0; n < 1_000; n += 1) {
    const { status, headers, path } = await scene.send({ body: 'x'.repeat(60_000) });
    if (status !== 202) return { accepted, refusal: [status, headers['x-catnap-error']] };
    accepted.push(path);
  }
  return { accepted, refusal: [] };
}

/** Leaves no room on the dispatcher's disk. The file that takes it. */
function fill(scene: AsyncScene, disk: string): string {
  const filler = `/proc/${scene.dispatcher.child.pid}/root${disk}/filler`;
  assert.throws(() => {
    for (;;) appendFileSync(filler, new Uint8Array(4_096));
  }, /ENOSPC/);
  return filler;
}

const UNAVAILABLE = [503, 'AsyncUnavailable'];
/** How they have ended. */
async function endsOf(scene: AsyncScene, paths: readonly string[]): Promise<string[]> {
  const states = new Set<string>();
  for (const path of paths) states.add((await scene.ended(path)).status);
  return [...states];
}

test(
  'a full disk makes 503s and loses nothing that was accepted, and on it goes when there is room',
  LIMIT,
  async () => {
    const command = onSmallDisk(DISPATCHER_FROM_SOURCE);
    if (command === undefined) {
      notChecked('a full disk of the dispatcher: no disk can be mounted in a user namespace here');
      return;
    }
    let disk = '';
    await using scene = await AsyncScene.start({
      env: { CATNAP_STORE_COUNT_SECONDS: '1' },
      command: (at) => {
        disk = at;
        return command(at);
      },
    });
    const held: ServerResponse[] = [];
    const hold = () => {
      scene.state.answer = (_call, response) => void held.push(response);
    };
    const letGo = () => {
      scene.state.answer = (_call, response) => void response.end('done');
      for (const response of held.splice(0)) response.end('done');
    };
    hold();
    const filled = await sendUntilRefused(scene);
    assert.deepEqual(filled.refusal, UNAVAILABLE);
    assert.ok(filled.accepted.length > 10, `${filled.accepted.length} were accepted`);
    letGo();
    assert.deepEqual(await endsOf(scene, filled.accepted), ['done']);
    hold();
    const filler = fill(scene, disk);
    // What is free within the store's own file it still has.
    const beside = await sendUntilRefused(scene);
    assert.deepEqual(beside.refusal, UNAVAILABLE);
    letGo();
    rmSync(filler);
    await until(async () => (await scene.send()).status === 202, 'there is room again', 30_000);
    assert.deepEqual(await endsOf(scene, beside.accepted), beside.accepted.length === 0 ? [] : ['done']);
    const metric = (name: string) => scene.dispatcher.metric(`catnap_dispatcher_${name}`);
    await until(
      async () => (await metric('ended_total{outcome="done"}')) === (await metric('accepted_total')),
      'all end',
    );
    assert.equal(await metric('unaccounted_entries'), 0);
  },
);

test(
  'what ended while nothing could be written for longer than the leases is done later, and runs once',
  LIMIT,
  async () => {
    const small = onSmallDisk(DISPATCHER_FROM_SOURCE);
    if (small === undefined) {
      notChecked(
        'a disk that cannot be written while invocations end: no disk can be mounted in a user namespace here',
      );
      return;
    }
    const COUNT = 20;
    let disk = '';
    const command = (at: string) => {
      disk = at;
      return small(at);
    };
    await using scene = await AsyncScene.start({ async: { maxConcurrency: COUNT }, command });
    const held: ServerResponse[] = [];
    scene.state.answer = (_call, response) => void held.push(response);
    const sent = await Promise.all(Array.from({ length: COUNT }, () => scene.send()));
    await until(() => held.length === COUNT, 'all are with the function', 30_000);
    const filler = fill(scene, disk);
    const fullAtMs = Date.now();
    for (const response of held.splice(0, COUNT / 2)) response.end('done');
    await until(() => Date.now() > fullAtMs + 35_000, 'the leases are over', 40_000);
    rmSync(filler);
    for (const response of held.splice(0)) response.end('done');
    assert.deepEqual(
      await endsOf(
        scene,
        sent.map(({ path }) => path),
      ),
      ['done'],
    );
    assert.equal(scene.calls.length, COUNT);
    assert.ok(
      scene.dispatcher.errors.some((message) => /is full/.test(message)),
      'it could not be written',
    );
  },
);

test('a dispatcher that was stopped for longer than its leases goes on, and nothing runs twice', LIMIT, async () => {
  const COUNT = 20;
  await using scene = await AsyncScene.start({
    async: { maxConcurrency: COUNT },
    env: { CATNAP_STORE_COUNT_SECONDS: '1' },
  });
  const held: ServerResponse[] = [];
  scene.state.answer = ({ body }, response) =>
    void (body.startsWith('held') ? held.push(response) : response.end('done'));
  const sent = await Promise.all(Array.from({ length: COUNT }, (_, n) => scene.send({ body: `held ${n}` })));
  await until(() => held.length === COUNT, 'all are with the function', 30_000);
  scene.dispatcher.child.kill('SIGSTOP');
  const stoppedAtMs = Date.now();
  const refused = await scene.send({ body: 'meanwhile' });
  assert.deepEqual([refused.status, refused.headers['x-catnap-error']], UNAVAILABLE);
  assert.equal((await ask(scene.gateway.port, { path: sent[0]?.path as string })).status, 503);
  // Some answers come while it is stopped, the others after its leases are over.
  for (const response of held.splice(0, COUNT / 2)) response.end('done');
  await until(() => Date.now() > stoppedAtMs + 35_000, 'its leases are over', 40_000);
  scene.dispatcher.child.kill('SIGCONT');
  await until(async () => (await scene.send({ body: 'after' })).status === 202, 'it accepts again', 30_000);
  for (const response of held.splice(0)) response.end('done');
  assert.deepEqual(
    await endsOf(
      scene,
      sent.map(({ path }) => path),
    ),
    ['done'],
  );
  assert.equal(scene.calls.filter(({ body }) => body.startsWith('held')).length, COUNT);
  assert.equal(await scene.dispatcher.metric('catnap_dispatcher_unaccounted_entries'), 0);
});
