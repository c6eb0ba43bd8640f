import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../../local/package-root.ts';

let scratch = '';
/** The package's files, as npm would unpack them. */
let unpacked = '';

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'catnap-npm-'));
  run(ROOT, process.execPath, '.toolchain/build.ts', 'npm', '--dist', join(scratch, 'dist'));
  run(scratch, 'npm', 'pack', '--offline', '--silent', join(scratch, 'dist', 'npm'));
  const archive = (await readdir(scratch)).find((file) => file.endsWith('.tgz')) ?? '';
  run(scratch, 'tar', '-xf', archive);
  unpacked = join(scratch, 'package');
});
after(() => rm(scratch, { recursive: true }));

/** @throws Error with what the command said. */
function run(cwd: string, command: string, ...args: string[]): string {
  // Not a part of the test that runs this.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

const tsc = (project: string, ...options: string[]) =>
  run(project, process.execPath, join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), ...options);

/** A user's project that has nothing installed but the package and, where it says so, the types of Node. */
async function aProject(files: Record<string, string>, { nodeTypes = true } = {}): Promise<string> {
  const project = await mkdtemp(join(scratch, 'project-'));
  await cp(unpacked, join(project, 'node_modules', '@catnap', 'runtime'), { recursive: true });
  await mkdir(join(project, 'node_modules', '@types'));
  if (nodeTypes) await symlink(join(ROOT, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  const written = { 'package.json': '{ "type": "module" }', ...files };
  for (const [name, text] of Object.entries(written)) await writeFile(join(project, name), text);
  return project;
}

async function exampleFiles(): Promise<Record<string, string>> {
  const folder = join(ROOT, 'examples', 'webhook');
  const names = await readdir(folder);
  return Object.fromEntries(await Promise.all(names.map(async (n) => [n, await readFile(join(folder, n), 'utf8')])));
}

test('it is small, has Catnap’s version and licence, and needs nothing', async () => {
  const manifest = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'));
  const { version, license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  assert.deepEqual([manifest.name, manifest.version, manifest.license], ['@catnap/runtime', version, license]);
  assert.equal(manifest.dependencies, undefined);
  const files = (await readdir(unpacked)).sort();
  assert.deepEqual(files, ['LICENSE', 'README.md', 'index.d.ts', 'index.mjs', 'package.json']);
  const loads = /^\s*(?:import|export)\b.*\bfrom\b|import\(|require\(|getBuiltinModule/m;
  for (const file of ['index.mjs', 'index.d.ts'])
    assert.doesNotMatch(await readFile(join(unpacked, file), 'utf8'), loads);
});

test('the example is checked and tested by it, without Catnap', async () => {
  const project = await aProject(await exampleFiles());
  tsc(project);
  tsc(project, '--module', 'preserve', '--moduleResolution', 'bundler');
  assert.match(run(project, process.execPath, '--test', '--test-reporter=tap'), /^# pass 2$/m);
});

test('what its README shows works', async () => {
  const readme = await readFile(join(unpacked, 'README.md'), 'utf8');
  const [handler = '', tests = ''] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
  const files = await exampleFiles();
  const project = await aProject({ ...files, 'index.ts': handler, 'index.test.ts': tests });
  tsc(project);
  assert.match(run(project, process.execPath, '--test', '--test-reporter=tap'), /^# pass 1$/m);
});

/** Each shape, and what must not compile. */
const SHAPES = `import type { Context, Dispose, FetchHandler, Handler, Init, WorkerContext } from '@catnap/runtime';
  import { createTestContext, type TestContext } from '@catnap/runtime';
  export const init: Init = async () => {};
  export const dispose: Dispose = () => {};
  export const text: Handler = () => 'text';
  export const json: Handler = async (request, { requestId, trace }) => ({ requestId, path: request.url, trace: trace?.traceId });
  export const nothing: Handler = (request, context: Context) => {
    context.waitUntil(request.text());
  };
  export const stream: Handler = async function* () { yield 'a'; yield new Uint8Array(1); };
  export const worker = {
    fetch(request, env, ctx: WorkerContext) {
      ctx.passThroughOnException();
      return new Response(env.GREETING + ctx.secrets.get('a', 'b') + ctx.deadline?.getTime(), { signal: ctx.signal } as object);
    },
  } satisfies FetchHandler<{ GREETING: string }>;
  const context: TestContext = createTestContext({ env: { A: 'a' }, timeoutSeconds: 5 });
  worker.fetch(new Request('http://localhost/'), { GREETING: 'hi' }, context);
  // @ts-expect-error a number is no answer
  export const number: Handler = () => 5;
  // @ts-expect-error nothing in it is the handler's to change
  context.requestId = 'another';
  // @ts-expect-error there is no such reason
  context.abort('tired');`;

test('every shape has its type, with the types of Node or those of a browser', async () => {
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'esnext',
    '--module',
    'nodenext',
    '--exactOptionalPropertyTypes',
  ];
  const withNode = await aProject({ 'index.ts': SHAPES });
  tsc(withNode, ...options, '--types', 'node', 'index.ts');
  const withDom = await aProject({ 'index.ts': SHAPES }, { nodeTypes: false });
  tsc(withDom, ...options, '--lib', 'esnext,dom,dom.asynciterable', 'index.ts');
});
