import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { recordedExit, runFiles } from './container-files.ts';
import { ContainerProcess } from './container-process.ts';
import { mountScript } from './mount-script.ts';
import { findIsolation } from './pod-volumes.ts';

const dir = mkdtempSync(join(tmpdir(), 'cluster-process-'));
after(() => rmSync(dir, { recursive: true, force: true }));

let attempt = 0;
function start(script: string) {
  return run(['/bin/sh', '-c', script]);
}

function run(command: string[], env: Record<string, string> = {}) {
  attempt += 1;
  const files = runFiles(dir, attempt);
  const launch = { command, env: new Map(Object.entries(env)), cwd: dir };
  return { files, process: ContainerProcess.start(launch, files) };
}

async function said(file: string, text: string): Promise<void> {
  await until(() => readFileSync(file, 'utf8').includes(text), `${file} says ${text}`, 30_000);
}

test('the exit code is told and written down', async () => {
  const { files, process } = start('echo out; echo err >&2; exit 3');
  assert.equal((await process.exited).code, 3);
  assert.equal(recordedExit(files), 3);
  assert.equal(readFileSync(files.log, 'utf8'), 'out\nerr\n');
});

test('SIGTERM reaches the program, which may take its time', async () => {
  const { files, process } = start('trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.01; done');
  await said(files.log, 'up');
  process.signal('SIGTERM');
  assert.equal((await process.exited).code, 7);
  assert.equal(readFileSync(files.log, 'utf8'), 'up\nbye\n');
});

test('SIGTERM right after the start is not lost', async () => {
  const { process } = start('sleep 60');
  process.signal('SIGTERM');
  assert.equal((await process.exited).code, 143);
});

test('a killed program ends with 137, says nothing about it in the log, and leaves no children', async () => {
  const { files, process } = start('sleep 60 & echo $!; wait');
  await said(files.log, '\n');
  process.signal('SIGKILL');
  assert.equal((await process.exited).code, 137);
  const log = readFileSync(files.log, 'utf8');
  assert.match(log, /^\d+\n$/);
  const state = () => execFileSync('ps', ['-o', 'stat=', '-p', log.trim()], { encoding: 'utf8' }).trim();
  await until(() => !isThere(state), 'it is gone');
});

function isThere(state: () => string): boolean {
  try {
    return !state().startsWith('Z');
  } catch {
    return false;
  }
}

test('an adopted run is ended, and its exit code known, without being its parent', async () => {
  const first = start('trap "exit 9" TERM; echo up; while :; do sleep 0.01; done');
  await said(first.files.log, 'up');
  const adopted = ContainerProcess.adopt(first.process.record, first.files);
  adopted.signal('SIGTERM');
  const exit = await adopted.exited;
  assert.deepEqual([exit.code, exit.known], [9, true]);
});

test('a run of which only the record is left ended in an unknown way', async () => {
  const record = { pid: 2 ** 22 + 1, startTicks: '1', startedAtMs: 0 };
  const exit = await ContainerProcess.adopt(record, runFiles(dir, 999)).exited;
  assert.deepEqual([exit.code, exit.known], [137, false]);
});

test('a reused pid is not taken for the process', async () => {
  const record = { pid: process.pid, startTicks: '1', startedAtMs: 0 };
  assert.equal((await ContainerProcess.adopt(record, runFiles(dir, 998)).exited).known, false);
});

test('the environment is the one given, odd names included, and nothing else of the parent', async () => {
  const { files, process } = run(['/usr/bin/env'], { PLAIN: '1', 'my.key': 'a b' });
  await process.exited;
  const lines = readFileSync(files.log, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
  assert.deepEqual(lines.toSorted(), ['PLAIN=1', 'my.key=a b']);
});

test('an environment that is too large fails with a reason', () => {
  assert.throws(() => run(['/bin/true'], { LARGE: 'x'.repeat(131_072) }), /argument list too long/);
});

test('mounts are seen at paths that the machine does not have, by the program alone', async () => {
  const isolation = await findIsolation();
  const source = join(dir, 'volume');
  writeFileSync(source, 'content');
  const stage = join(dir, 'stage');
  execFileSync('mkdir', [stage]);
  const target = '/var/run/cluster-test/deep/file';
  const own = join(dir, 'own');
  execFileSync('mkdir', [own]);
  const mounts = [
    { source, target, readOnly: true },
    { source: own, target: '/cluster-test-own/data/', readOnly: false },
  ];
  const script = mountScript(mounts, stage, '/usr');
  const command = [
    ...isolation,
    '/bin/sh',
    '-c',
    script,
    'sh',
    '/bin/sh',
    '-c',
    `cat ${target}; pwd; echo mine >/cluster-test-own/data/x; echo x >${target} || ls /var/run | wc -l`,
  ];
  const files = runFiles(dir, 1_000);
  await ContainerProcess.start({ command, env: new Map([['PATH', process.env.PATH ?? '']]), cwd: dir }, files).exited;
  assert.match(readFileSync(files.log, 'utf8'), /^content\/usr\n(.|\n)*Read-only file system\n\d+\n$/);
  assert.equal(readFileSync(join(own, 'x'), 'utf8'), 'mine\n');
  assert.throws(() => readFileSync(target), { code: 'ENOENT' });
  assert.throws(() => readFileSync('/cluster-test-own'), { code: 'ENOENT' });
});
