import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { until } from '#platform/testing/until.ts';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { Cluster } from '../../activator/testing/test-process.ts';
import { ROOT } from '../../local/package-root.ts';
import { anEntry, DispatcherProcess, Tokens } from './dispatcher-process.ts';

const MIB = 2 ** 20;
/** What images hold. */
const PROGRAMS = ['operator', 'activator', 'runtime'];
/** What npm takes. */
const PACKAGES = ['npm', 'cli'];
let scratch = '';
/** A build of its own, by a user whose files nobody else may read. */
let dist = '';

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'catnap-dist-'));
  dist = buildInto('first', 0o077);
});
after(() => rm(scratch, { recursive: true }));

function buildInto(name: string, umask: number): string {
  const folder = join(scratch, name);
  const script = `umask ${umask.toString(8)}; exec "$0" .toolchain/build.ts --dist "$1"`;
  execFileSync('sh', ['-c', script, process.execPath, folder], { cwd: ROOT, stdio: 'inherit' });
  return folder;
}

interface Built {
  path: string;
  mode: string;
  isFile: boolean;
  bytes: Buffer;
}

function all(folder: string): Built[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = entry.isFile() ? readFileSync(path) : Buffer.alloc(0);
      const mode = (statSync(path).mode & 0o777).toString(8);
      return { path: relative(folder, path), mode, isFile: entry.isFile(), bytes };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

test('the same source gives the same bytes, with the same modes, wherever and by whomever it is built', () => {
  const fingerprint = (folder: string) =>
    [...PROGRAMS, ...PACKAGES].flatMap((program) =>
      all(join(folder, program)).map(
        ({ path, mode, bytes }) => `${program}/${path} ${mode} ${createHash('sha256').update(bytes).digest('hex')}`,
      ),
    );
  assert.deepEqual(fingerprint(buildInto('elsewhere/second', 0o022)), fingerprint(dist));
});

test('all that was built may be read by any user, and none of it is a program of one platform', () => {
  const files = [...PROGRAMS, ...PACKAGES].flatMap((program) => all(join(dist, program)));
  assert.deepEqual(
    files.filter(({ mode, isFile }) => mode !== (isFile ? '644' : '755')).map(({ path }) => path),
    [],
  );
});

test('nothing in it is only for development, or tells where it was built', () => {
  const built = all(dist).filter(({ isFile }) => isFile);
  const files = built.filter(({ path }) => !/^(npm|cli)\//.test(path));
  const kinds =
    /(\.mjs|^operator\/bundler\.sh|\/node_modules\/esbuild\/(package\.json|LICENSE\.md|lib\/main\.js)|\/LICENSE(-packages\.txt)?)$/;
  assert.deepEqual(
    files.filter(({ path }) => !kinds.test(path)).map(({ path }) => path),
    [],
  );
  assert.deepEqual(
    built.filter(({ bytes }) => bytes.includes(ROOT)).map(({ path }) => path),
    [],
  );
});

test('a program carries the licences of the packages in it', () => {
  const text = (folder: string) => readFileSync(join(dist, folder, 'LICENSE-packages.txt'), 'utf8');
  for (const name of ['zod', 'pino', 'prom-client'])
    assert.match(text('activator'), new RegExp(`^${name} [0-9.]+ \\(`, 'm'));
  for (const name of ['commander', '@kubernetes/client-node', '@marcbachmann/cel-js'])
    assert.match(text('cli'), new RegExp(`^${name} [0-9.]+ \\(`, 'm'));
});

test('the dispatcher of the image finds the program of the thread of its store', async () => {
  const tokens = new Tokens();
  await using cluster = await Cluster.start([aFunction('mail', { async: {} })]);
  cluster.keySet = tokens.keySet;
  const folder = await mkdtemp(join(scratch, 'dispatcher-'));
  const command = [process.execPath, join(dist, 'operator', 'dispatcher.mjs')];
  await using dispatcher = await DispatcherProcess.start({ apiUrl: cluster.url, tokens, folder, command });
  await until(() => dispatcher.isReady(), 'it is ready', 20_000);
  assert.deepEqual(await dispatcher.send(anEntry(1)), [{ outcome: 'accepted' }]);
});

test('the runtime adds less than 2 MB to the image it stands on', () => {
  const packed = gzipSync(Buffer.concat(all(join(dist, 'runtime')).map(({ bytes }) => bytes)));
  assert.ok(packed.length < 2e6, `${packed.length} bytes`);
});

/** Prints each file that is loaded. */
const LOADED = `import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => { console.error(url); return next(url, context); } });`;

test('the catnap command loads neither the Kubernetes client library nor its cluster to say what it can do', () => {
  const hook = `--import=data:text/javascript,${encodeURIComponent(LOADED)}`;
  const command = join(dist, 'cli', 'bin', 'catnap.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [hook, command, '--help'], { encoding: 'utf8' });
  assert.deepEqual([status, /^Usage: catnap /.test(stdout)], [0, true], stderr);
  const loaded = [...stderr.matchAll(/^file:\S+$/gm)].map(([url]) => readFileSync(new URL(url)));
  assert.ok(loaded.length > 1);
  assert.deepEqual(
    loaded.filter((bytes) => bytes.includes('KubeConfig')),
    [],
  );
  const bytes = Buffer.concat(loaded).length;
  assert.ok(bytes < MIB / 2, `${bytes} bytes`);
});

test('what a program loads at its start is small: large parts of packages that nothing uses are not in it', () => {
  for (const program of ['operator', 'activator']) {
    // What only a kubeconfig needs is not loaded in a cluster.
    const loaded = all(join(dist, program)).filter(({ path }) => /^(?!kubeconfig)[^/]*\.mjs$/.test(path));
    const bytes = loaded.reduce((sum, file) => sum + file.bytes.length, 0);
    assert.ok(
      bytes < 1.5 * MIB,
      `${program}: ${bytes} bytes; see .toolchain/lean-modules.ts, and import * as z from 'zod'`,
    );
  }
});
