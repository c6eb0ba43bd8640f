/** The bundler as a process, fed with sources that are made to break it. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { AheadBundler } from '../../operator/source/ahead-bundler.ts';
import { compileInFolder, tellByPipe } from '../../operator/source/compile-folder.ts';
import { OwnBundler } from '../../operator/source/own-bundler.ts';
import { bounds, buildBundler, children, GOOD, jobOf, LIMITS, MEMORY_MIB, POISON } from '../support/bundler-program.ts';
import { eventually } from '../support/eventually.ts';
import { inherited } from '../support/settings.ts';

const run = promisify(execFile);
const { program, ...built } = await buildBundler();
after(() => built[Symbol.asyncDispose]());

suite('the bundler', () => {
  test('too much processor time is told from too much memory', { timeout: 120_000 }, async () => {
    await using bundler = new OwnBundler({ program, limits: LIMITS, memoryMib: MEMORY_MIB, path: inherited.PATH });
    const ends = async (name: string) => bundler.compile(jobOf(POISON[name] ?? ''), bounds);
    assert.deepEqual(await ends('a namespace in a namespace, 2,000 deep'), { kind: 'ended', by: 'cpu' });
    assert.deepEqual(await ends('nested switches'), { kind: 'ended', by: 'memory' });
  });

  test('a compile that takes too long on the clock is ended', { timeout: 60_000 }, async () => {
    const limits = { cpuSeconds: 60, wallSeconds: 1 };
    await using bundler = new OwnBundler({ program, limits, memoryMib: 4_096, path: inherited.PATH });
    const outcome = await bundler.compile(jobOf(POISON['a namespace in a namespace, 2,000 deep'] ?? ''), {
      cpuSeconds: 60,
      signal: bounds.signal,
    });
    assert.deepEqual(outcome, { kind: 'ended', by: 'time' });
  });

  test('one that is not wanted any more ends at once, and leaves nothing', { timeout: 60_000 }, async () => {
    await using bundler = new OwnBundler({ program, limits: LIMITS, memoryMib: MEMORY_MIB, path: inherited.PATH });
    assert.equal((await bundler.compile(jobOf(GOOD), bounds)).kind, 'made');
    const unwanted = new AbortController();
    const long = jobOf(POISON['a namespace in a namespace, 2,000 deep'] ?? '');
    const compile = bundler.compile(long, { cpuSeconds: 60, signal: unwanted.signal });
    await eventually('it works', async () => (await children(Number(bundler.pid))).length > 0);
    unwanted.abort();
    await assert.rejects(compile);
    await eventually('it has ended', async () => (await children(Number(bundler.pid))).length === 0, 2_000);
    const folder = await readlink(`/proc/${bundler.pid}/cwd`);
    await eventually('nothing is left of it', async () => (await readdir(folder)).length === 0);
  });

  test('one that was started ahead compiles as any other, and what it cannot do is left to a longer try', {
    timeout: 120_000,
  }, async () => {
    const options = { program, limits: LIMITS, memoryMib: MEMORY_MIB, path: inherited.PATH };
    await using own = new OwnBundler(options);
    let byOwn = 0;
    await using bundler = new AheadBundler({
      ...options,
      otherwise: (job, given) => {
        byOwn += 1;
        return own.compile(job, given);
      },
    });
    const first = { cpuSeconds: 1, signal: bounds.signal };
    const made = await bundler.compile(jobOf(GOOD), first);
    assert.deepEqual([made.kind, byOwn], ['made', 1]);
    await eventually('one waits', () => bundler.isWaiting);
    assert.deepEqual(await bundler.compile(jobOf(GOOD), first), made);
    assert.equal(byOwn, 1);
    await eventually('the next one waits', () => bundler.isWaiting);
    const wrong = await bundler.compile(jobOf('export default ('), first);
    assert.equal(wrong.kind, 'refused');
    for (const name of ['a namespace in a namespace, 2,000 deep', 'nested switches']) {
      await eventually('the next one waits', () => bundler.isWaiting);
      assert.deepEqual(await bundler.compile(jobOf(POISON[name] ?? ''), first), { kind: 'ended', by: 'cpu' });
    }
    assert.equal(byOwn, 1);
    await eventually('the next one waits', () => bundler.isWaiting);
    const unwanted = AbortSignal.abort();
    await assert.rejects(bundler.compile(jobOf(GOOD), { cpuSeconds: 1, signal: unwanted }));
    assert.ok(bundler.isWaiting, 'what was not wanted from the start takes no process');
    await bundler.compile(jobOf(GOOD), { cpuSeconds: 5, signal: bounds.signal });
    assert.equal(byOwn, 2);
  });

  test('the largest sources that a function may have fit in its memory', { timeout: 120_000 }, async () => {
    await using bundler = new OwnBundler({
      program,
      limits: { ...LIMITS, cpuSeconds: 30 },
      memoryMib: MEMORY_MIB,
      path: inherited.PATH,
    });
    const code = Array.from(
      { length: 9_000 },
      (_, i) => `export const value${i} = (a: number) => [a, ${i}, "text ${i}"].map((x) => x + "${i}");`,
    ).join('\n');
    assert.ok(code.length > 600_000 && code.length < 1_048_576);
    const outcome = await bundler.compile(jobOf(`${code}\nexport default value1;`), { ...bounds, cpuSeconds: 30 });
    assert.equal(outcome.kind, 'made', JSON.stringify(outcome).slice(0, 200));
  });

  test('it is found in a shared folder, and ends when it is told to', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'catnap-shared-'));
    const serve = [join(dirname(program), 'bundler.sh'), folder, process.execPath, program];
    const child = spawn('/bin/sh', serve, {
      env: {
        PATH: inherited.PATH,
        CATNAP_BUNDLER_CPU_SECONDS: '5',
        CATNAP_BUNDLER_WALL_SECONDS: '30',
        CATNAP_BUNDLER_MEMORY_KIB: '262144',
      },
      stdio: 'inherit',
    });
    const exited = once(child, 'exit');
    const options = { folder, limits: LIMITS, tell: (line: string) => tellByPipe(folder, line) };
    const compile = (text: string) => compileInFolder(jobOf(text), options, bounds);
    await eventually('it listens', async () => (await compile(GOOD)).kind === 'made');
    // Two operators' jobs, or none of anybody's, do not disturb it.
    await tellByPipe(folder, '../../etc/passwd');
    await tellByPipe(folder, '0123');
    await tellByPipe(folder, '0123 1');
    await tellByPipe(folder, '0123 1; reboot');
    const all = await Promise.all([compile(GOOD), compile('export default ('), compile(GOOD)]);
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ['made', 'refused', 'made'],
    );
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
    await assert.rejects(compile(GOOD), /ENXIO/);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => /\.(job|out)$/.test(name) && !name.startsWith('0123')),
      [],
    );
    await rm(folder, { recursive: true });
  });

  test('what is no plain file of a bounded size in the shared folder is no result', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'catnap-hostile-'));
    const secret = join(folder, 'secret');
    await writeFile(secret, JSON.stringify({ chunks: ['text:secret'] }));
    const leaves = async (leave: (name: string) => Promise<unknown>) =>
      compileInFolder(
        jobOf(GOOD),
        { folder, limits: LIMITS, tell: async (line) => void (await leave(join(folder, line.replace(/ .*/, '')))) },
        bounds,
      );
    const end = (name: string) => writeFile(`${name}.end`, '0\n');
    const link = await leaves(async (name) => [await symlink(secret, `${name}.out`), await end(name)]);
    const pipe = await leaves(async (name) => [await run('mkfifo', [`${name}.out`]), await end(name)]);
    const device = await leaves(async (name) => [await symlink('/dev/zero', `${name}.end`)]);
    const large = await leaves(async (name) => [await run('truncate', ['-s', '1T', `${name}.out`]), await end(name)]);
    await assert.rejects(
      leaves((name) => rm(`${name}.job`)),
      /started anew/,
    );
    for (const outcome of [link, pipe, device, large]) assert.deepEqual(outcome, { kind: 'ended', by: 'memory' });
    await rm(folder, { recursive: true });
  });
});
