/** `catnap list`, `describe`, `invoke`, `open` and completion, as they are typed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { GATEWAY_SERVICE } from '#api/names.ts';
import { catnap, startCatnap } from '../support/catnap.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { systemNamespace } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();

const typed = (world: World, line: readonly string[], more: { stdin?: string; env?: NodeJS.ProcessEnv } = {}) =>
  catnap([...line, '-n', world.namespace], { kubeconfig: system.kubeconfig, ...more });

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-ask-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const ECHO = `export default async (request: Request) => {
  const { pathname, search } = new URL(request.url);
  const body = await request.text();
  const { method } = request;
  const headers = Object.fromEntries(request.headers);
  return Response.json({ method, path: pathname + search, body, headers }, { status: pathname === '/broken' ? 503 : 200 });
};`;

test('list shows what kubectl get shows, of one namespace or of all', async () => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'greet', HELLO));
  const { stdout, exitCode } = await typed(world, ['list']);
  assert.match(stdout, /^NAME +READY +REASON +REPLICAS +URL +AGE\ngreet +True +\w+ +\d +http:\S+ +\d+s\n$/);
  assert.equal(exitCode, 0);
  const all = await typed(world, ['list', '-A', '--wide']);
  assert.match(all.stdout, /^NAMESPACE +NAME .*REVISION +CONCURRENCY +ASYNC\n/);
  assert.match(all.stdout, new RegExp(`^${world.namespace} +greet .*greet-[0-9a-f]{8} +20$`, 'm'));
  const json = JSON.parse((await typed(world, ['list', '--json'])).stdout);
  assert.deepEqual(
    json.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ['greet'],
  );
  assert.match((await catnap(['list', '-n', 'nowhere'], { kubeconfig: system.kubeconfig })).stdout, /^no functions in/);
});

test('describe tells of a function that answers, and of one that does not what to do about it', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'good', HELLO));
  await world.call(url);
  await world.ready('good'); // awake: it says so of the first replica too
  await world.apply(manifest(world.namespace, 'bad', 'export default ('));
  await world.function('bad', 'does not compile', ({ status }) =>
    (status?.conditions ?? []).some(({ type, status: holds }) => type === 'Ready' && holds === 'False'),
  );
  const good = await typed(world, ['describe', 'good']);
  assert.equal(good.exitCode, 0, good.stderr);
  assert.match(good.stdout, new RegExp(`^Name: +good in ${world.namespace}, made \\d+s ago\nReady: +True `));
  assert.ok(good.stdout.includes(`Address:       ${url}\n`), good.stdout);
  assert.match(good.stdout, /\nRevisions:\n {2}NAME +IS .*\n {2}good-[0-9a-f]{8} +traffic, latest +/);
  assert.match(good.stdout, /\nNext:\n {2}.*catnap invoke good -n /);
  const bad = await typed(world, ['describe', 'bad', '--json']);
  const { function: object, advice, events } = JSON.parse(bad.stdout);
  assert.equal(object.metadata.name, 'bad');
  assert.deepEqual(advice, ['mend the source where the message points to, and deploy it again']);
  assert.ok(Array.isArray(events));
  const none = await typed(world, ['describe', 'none']);
  assert.equal(none.exitCode, 3);
  assert.equal(
    none.stderr,
    `catnap: there is no function none in ${world.namespace}; catnap list --all-namespaces shows those there are\n`,
  );
});

test('invoke asks through the API server, wakes the function, and tells what that took', async () => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'echo', ECHO));
  await world.asleep('echo');
  const { stdout, stderr, exitCode } = await typed(world, [
    'invoke',
    'echo',
    'a b?c=d',
    '-d',
    '{"x":1}',
    '-H',
    'X-Own: 1',
    '-v',
  ]);
  const { method, path, body, headers } = JSON.parse(stdout);
  assert.deepEqual([method, path, body], ['POST', '/a%20b?c=d', '{"x":1}']);
  assert.deepEqual(
    [headers['content-type'], headers['x-own'], headers.authorization],
    ['application/json', '1', undefined],
  );
  assert.match(
    stderr,
    new RegExp(`^> POST /a%20b\\?c=d through the API server, Service ${systemNamespace}/${GATEWAY_SERVICE}\n`),
  );
  assert.match(
    stderr,
    /\n< 200 OK\n< x-request-id: \S+\n< server-timing: .*\n< first byte after \d+ ms, all after \d+ ms\n< a cold start: \d+ ms/,
  );
  assert.equal(exitCode, 0);
});

test('invoke goes straight to the address with --url, and with an Authorization', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'echo', ECHO));
  for (const line of [['--url'], ['-H', 'Authorization: Bearer mine']]) {
    const { stdout, stderr } = await typed(world, ['invoke', 'echo', '/a%2Fb', '-v', ...line]);
    assert.ok(stderr.startsWith(`> GET /a%2Fb straight to ${url}\n`), stderr);
    const { path, headers } = JSON.parse(stdout);
    assert.equal(path, '/a%2Fb');
    assert.equal(headers.authorization, line[0] === '--url' ? undefined : 'Bearer mine');
  }
  const changed = await typed(world, ['invoke', 'echo', '/a%2Fb']);
  assert.equal(changed.exitCode, 2);
  assert.match(changed.stderr, /the API server would change the path \/a%2Fb/);
});

test('invoke takes its body from a file or from what comes in', async (t) => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'echo', ECHO));
  const file = join(await temporaryFolder(t), 'body.json');
  await writeFile(file, '[1]');
  const ofFile = JSON.parse((await typed(world, ['invoke', 'echo', '-X', 'PUT', '-d', `@${file}`])).stdout);
  assert.deepEqual([ofFile.method, ofFile.body, ofFile.headers['content-type']], ['PUT', '[1]', 'application/json']);
  const large = 'x'.repeat(1_000_000);
  const ofInput = JSON.parse((await typed(world, ['invoke', 'echo', '-d', '-'], { stdin: large })).stdout);
  assert.deepEqual([ofInput.method, ofInput.body.length], ['POST', large.length]);
  const none = await typed(world, ['invoke', 'echo', '-d', '@nowhere.json']);
  assert.deepEqual([none.exitCode, /cannot read nowhere\.json/.test(none.stderr)], [2, true]);
});

test('invoke ends with 1 for an answer that is a failure, and says whose it is', async () => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'echo', ECHO));
  const broken = await typed(world, ['invoke', 'echo', '/broken']);
  assert.equal(JSON.parse(broken.stdout).path, '/broken');
  assert.deepEqual([broken.exitCode, broken.stderr], [1, 'catnap: echo answered 503 Service Unavailable\n']);
  const quiet = await typed(world, ['invoke', 'echo', '/broken', '--fail']);
  assert.deepEqual([quiet.exitCode, quiet.stdout], [1, '']);
  await world.deploy(
    manifest(world.namespace, 'endless', `export default () => new Response(new ReadableStream({}), { status: 500 });`),
  );
  for (const way of [[], ['--url']]) {
    const endless = await typed(world, ['invoke', 'endless', '--fail', ...way]);
    assert.deepEqual([endless.exitCode, endless.stdout], [1, ''], 'what is not shown is not waited for');
  }
  const shown = await typed(world, ['invoke', 'echo', '/broken', '-i']);
  assert.match(shown.stdout, /^HTTP\/1\.1 503 Service Unavailable\n(.+: .*\n)+\n\{"method"/);
  const none = await typed(world, ['invoke', 'none']);
  assert.deepEqual(
    [none.exitCode, none.stderr],
    [3, 'catnap: the gateway answered (FunctionNotFound) 404 Not Found\n'],
  );
  const elsewhere = await typed(world, ['invoke', 'echo', '--system-namespace', world.namespace]);
  assert.equal(elsewhere.exitCode, 3);
  assert.match(elsewhere.stderr, /^catnap: there is no gateway /);
});

test('invoke prints an answer as it comes, and one that has begun and breaks off is a failure', async () => {
  await using world = await system.world();
  const source = `export default (request: Request) => new Response(new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('begun'));
      if (request.url.endsWith('/breaks')) setTimeout(() => controller.error(new Error('broken')), 50);
    },
  }));`;
  await world.deploy(manifest(world.namespace, 'stream', source));
  const child = startCatnap(['invoke', 'stream', '-n', world.namespace], { kubeconfig: system.kubeconfig });
  child.stdin.end();
  const [first] = await once(child.stdout, 'data');
  assert.equal(String(first), 'begun');
  child.kill('SIGINT');
  assert.deepEqual((await once(child, 'close'))[0], 130);
  const broken = await typed(world, ['invoke', 'stream', '/breaks']);
  assert.equal(broken.stdout, 'begun');
  assert.notEqual(broken.exitCode, 0);
});

test('open gives the address to the browser, and prints it', async (t) => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'greet', HELLO));
  const folder = await temporaryFolder(t);
  const browser = join(folder, 'browser');
  await writeFile(
    browser,
    `#!/bin/sh\nprintf %s "$1" >${folder}/asked.new && mv ${folder}/asked.new ${folder}/asked\n`,
    { mode: 0o755 },
  );
  const opened = await typed(world, ['open', 'greet'], { env: { BROWSER: browser } });
  assert.deepEqual([opened.exitCode, opened.stdout, opened.stderr], [0, `${url}\n`, '']);
  await eventually('the browser is asked', async () => (await readFile(join(folder, 'asked'), 'utf8')) === url);
  const without = await typed(world, ['open', 'greet']);
  assert.deepEqual([without.exitCode, without.stdout, without.stderr], [0, `${url}\n`, 'no browser was found here\n']);
});

test('completion scripts learn the names of functions, and nothing of a cluster that is not there', async (t) => {
  await using world = await system.world();
  await world.apply(manifest(world.namespace, 'greet', HELLO));
  const line = ['__complete', 'functions', '--', 'describe', '-n', world.namespace, ''];
  // On a busy machine the second that it may take is over before it has asked.
  const named = await eventually('it is named', async () => {
    const { stdout, ...rest } = await catnap(line, { kubeconfig: system.kubeconfig });
    assert.deepEqual(rest, { exitCode: 0, stderr: '' });
    return stdout === '' ? undefined : stdout;
  });
  assert.equal(named, 'greet\n');
  const nowhere = join(await temporaryFolder(t), 'kubeconfig');
  await writeFile(
    nowhere,
    (await readFile(system.kubeconfig, 'utf8')).replace(/server: .*/, 'server: https://127.0.0.1:1'),
  );
  for (const kubeconfig of [nowhere, `${nowhere}.absent`]) {
    assert.deepEqual(await catnap(line, { kubeconfig }), { exitCode: 0, stdout: '', stderr: '' });
  }
});

test('a key is let in by the lines that key prints for the manifest, and no other is', async () => {
  await using world = await system.world();
  const { exitCode, stdout } = await catnap(['key', 'ci.main'], { kubeconfig: system.kubeconfig });
  assert.equal(exitCode, 0);
  const [, key = '', lines = ''] = /^key {2}(\S+)\n\n(spec:\n.+)$/s.exec(stdout) ?? [];
  const { spec } = parse(lines) as { spec: object };
  const handler = 'export default (request, { caller }) => caller.name;';
  const url = await world.deploy(manifest(world.namespace, 'guarded', handler, spec));
  const answer = await eventually('the gateway knows the function', async () => {
    const one = await world.call(url, { headers: { 'x-api-key': key } });
    return one.status !== 404 && one;
  });
  assert.deepEqual([answer.status, answer.text], [200, 'ci.main']);
  assert.equal((await world.call(url, { headers: { 'x-api-key': `${key}x` } })).status, 401);
  assert.equal((await catnap(['key', 'a b'], { kubeconfig: system.kubeconfig })).exitCode, 2);
});
