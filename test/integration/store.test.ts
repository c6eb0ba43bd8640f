/** The dispatcher's store as a process has it: killed, stopped, traced by strace, on a full disk. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { notChecked } from '#platform/testing/not-checked.ts';
import { until } from '#platform/testing/until.ts';
import { EmbeddedStore } from '../../dispatcher/store/embedded-store.ts';
import { DEFAULT_LIMITS } from '../../dispatcher/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'catnap-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const MAIN = join(import.meta.dirname, 'store', 'main.ts');
let files = 0;
const newPath = () => join(folder, `${++files}.db`);

/** A child and the lines that it has printed so far. */
function start(command: readonly string[]): { child: ChildProcess; lines: () => string[] } {
  const child = spawn(command[0] as string, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  return { child, lines: () => text.split('\n').slice(0, -1) };
}

const ended = async (child: ChildProcess) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};

test('what was acknowledged is there after the process was killed', async () => {
  const path = newPath();
  const { child, lines } = start([process.execPath, MAIN, 'flood', path]);
  await until(() => lines().length >= 300, 'three hundred are acknowledged', 60_000);
  child.kill('SIGKILL');
  await ended(child);
  const acknowledged = lines();
  await using store = await EmbeddedStore.open({ path, limits: DEFAULT_LIMITS });
  for (const id of acknowledged) assert.equal((await store.payload(id))?.body.length, 3_000, id);
  assert.equal(await store.unaccounted(), 0);
});

test('a process that was stopped for longer than its lease loses it and harms nothing', async () => {
  const { child, lines } = start([process.execPath, MAIN, 'lease', newPath()]);
  await until(() => lines().includes('leased'), 'it has a lease', 30_000);
  child.kill('SIGSTOP');
  const stoppedAtMs = Date.now();
  await until(() => Date.now() > stoppedAtMs + 300, 'its lease is over');
  child.kill('SIGCONT');
  child.stdin?.write('go on\n');
  await until(() => lines().length === 2, 'it has gone on', 30_000);
  const [late, right] = [[{ holds: false, dropped: 0 }], [{ holds: true, dropped: 0 }]];
  assert.deepEqual(JSON.parse(lines()[1] as string), { attempt: 2, late, right, unaccounted: 0 });
  await ended(child);
});

/** Asks that were acknowledged though what they wrote was not yet waited for. `trace` as strace prints it, of all threads. */
function earlyAcknowledgements(trace: string): string[] {
  const early: string[] = [];
  let isSynced = false;
  for (const line of trace.split('\n')) {
    if (/pwrite64\(\d+<[^>]*-wal>/.test(line) || /write\(1.*"ask /.test(line)) isSynced = false;
    // The end of a call that another thread interrupted in the trace stands in a line of its own.
    if (/(fdatasync|fsync)(\(\d+<[^>]*-wal>\)| resumed>.*)\s*= 0/.test(line)) isSynced = true;
    const acknowledged = /write\(1.*"ack (\w+)/.exec(line)?.[1];
    if (acknowledged !== undefined && !isSynced) early.push(acknowledged);
  }
  return early;
}

test('each acknowledgement is after the disk has what it acknowledges', { timeout: 120_000 }, () => {
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) {
    notChecked('that the queue waits for the disk before it acknowledges: there is no strace, or it may not trace');
    return;
  }
  const traced = (plan: string) => {
    const trace = join(folder, `${plan}.trace`);
    const calls = 'trace=pwrite64,fdatasync,fsync,write';
    const run = spawnSync('strace', ['-f', '-y', '-e', calls, '-o', trace, process.execPath, MAIN, plan, newPath()]);
    assert.equal(run.status, 0, String(run.stderr));
    const text = readFileSync(trace, 'utf8');
    assert.equal(text.match(/"ack /g)?.length, 21);
    return earlyAcknowledgements(text);
  };
  assert.deepEqual(traced('enqueue'), []);
  // The check sees it where the log is written, but not waited for.
  assert.equal(traced('lax').length, 21);
});

test('a full disk refuses new entries, settles those it has, and takes new ones again', { timeout: 120_000 }, () => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const mounted = (command: string) =>
    spawnSync(
      'unshare',
      ['-Urm', 'sh', '-c', `mount -t tmpfs -o size=8m none "$0" && ${command}`, disk, process.execPath, MAIN],
      { encoding: 'utf8' },
    );
  if (mounted('true').status !== 0) {
    notChecked('the queue on a full disk: no disk can be mounted in a user namespace here');
    return;
  }
  const run = mounted('exec "$1" "$2" full "$0/queue.db"');
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout), {
    filled: 'DiskFull',
    settledWhileFull: true,
    afterwards: 'accepted',
    filledBeside: 'DiskFull',
    withRoom: 'accepted',
    unaccounted: 0,
  });
});
