/** `catnap dev` on the cluster that it starts itself. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ask, DevProcess, Folders, processesOf } from '../support/dev-process.ts';
import { eventually } from '../support/eventually.ts';
import { InspectorClient } from '../support/inspector-client.ts';
import { hasTmux, TmuxTerminal } from '../support/tmux-terminal.ts';

/** A module in two files. */
const shop = (version: string) => ({
  'shop/package.json': '{ "name": "shop", "type": "module" }',
  'shop/src/index.ts': `import { greeting } from './greeting.ts';
interface Visit { path: string }
export default async (request: Request) => {
  const visit: Visit = { path: new URL(request.url).pathname };
  if (visit.path === '/throw') throw new Error('broken ' + visit.path);
  if (visit.path === '/orders') return new Response(await (await fetch('http://orders')).text());
  if (visit.path === '/env') return Response.json([process.env.COLOUR, process.env.PRICE]);
  return greeting;
};
`,
  'shop/src/greeting.ts': `export const greeting: string = '${version}';\n`,
});
const SAVES = 5;

describe('two folders', () => {
  let folders: Folders;
  let dev: DevProcess;

  before(async () => {
    folders = await Folders.create();
    await folders.write({ ...shop('first'), 'orders/index.js': "export default () => 'orders of today';" });
    await folders.write({ 'shop/.env': 'COLOUR=red\nPORT=1\n' });
    dev = DevProcess.start(folders.path, ['shop', 'orders']);
    await dev.answers('shop', 'first');
    await dev.answers('orders', 'orders of today');
  });
  after(async () => {
    await dev?.[Symbol.asyncDispose]();
    await folders?.[Symbol.asyncDispose]();
  });

  test('what is saved answers, and no request fails meanwhile', async (t) => {
    const gateway = await dev.gateway();
    const took: number[] = [];
    for (let save = 0; save < SAVES; save += 1) {
      const savedMs = performance.now();
      await folders.write({ 'shop/src/greeting.ts': `export const greeting: string = 'save ${save}';\n` });
      await eventually(`save ${save} answers`, async () => {
        const { status, text } = await ask(gateway, 'shop');
        assert.equal(status, 200, text);
        return text === `save ${save}`;
      });
      took.push(Math.round(performance.now() - savedMs));
    }
    t.diagnostic(`from the save to its answer: ${took.join(', ')} ms`);
  });

  test('what does not compile is told with its place, and the version before goes on until it is mended', async () => {
    await folders.write({ 'shop/src/greeting.ts': "export const greeting = 'before';\n" });
    await dev.answers('shop', 'before');
    const offset = dev.output.length;
    await folders.write({ 'shop/src/greeting.ts': "\nexport const greeting = 'before' +;\n" });
    await dev.says(/src\/greeting\.ts:2:35: Unexpected ";"/, offset);
    assert.deepEqual(await dev.call('shop'), { status: 200, text: 'before' });
    await folders.write({ 'shop/src/greeting.ts': "export * from './later.ts';\n" });
    await dev.says(/there is no file "\.\/later\.ts"/, offset);
    await folders.write({ 'shop/src/later.ts': "export const greeting = 'mended';\n" });
    await dev.answers('shop', 'mended');
  });

  test('a function that the runtime cannot load is told, and the version before goes on', async () => {
    const before = dev.output.length;
    await folders.write({ 'shop/src/greeting.ts': "export const greeting = 'well';\n" });
    // The operator knows of it too, a moment after the gateway.
    await dev.says(/shop\.default +(the new version )?answers/, before);
    const offset = dev.output.length;
    await folders.write({ 'shop/src/greeting.ts': "throw new Error('not today');\nexport const greeting = '';\n" });
    await dev.says(/not today\n +at .*\(shop\/src\/greeting\.ts:1:7\)[\s\S]*The version before goes on/, offset);
    assert.equal((await dev.call('shop')).text, 'well');
    await folders.write({ 'shop/src/greeting.ts': "export const greeting = 'well again';\n" });
    await dev.answers('shop', 'well again');
    await dev.says(/the new version answers/, offset);
  });

  test('functions of several folders call each other by their names', async () => {
    assert.equal((await dev.call('shop', '/orders')).text, 'orders of today');
  });

  test('requests and what functions throw are in the terminal, by the files of this machine', async () => {
    const offset = dev.output.length;
    assert.equal((await dev.call('shop', '/throw')).status, 500);
    await dev.says(/broken \/throw\n +at .*shop\/src\/index\.ts:5:\d+/, offset);
    await dev.says(/shop\.default +500 GET \/throw/, offset);
  });

  test('.env and .env.local are variables of the function, a change to them too; what it may not have is told', async () => {
    await dev.says(/PORT is left out/);
    assert.equal((await dev.call('shop', '/env')).text, '["red",null]');
    await folders.write({ 'shop/.env.local': 'PRICE=$5\n' });
    await eventually('the new file counts', async () => (await dev.call('shop', '/env')).text === '["red","$5"]');
    await folders.write({ 'shop/.env.local': 'PRICE=6\n' });
    await eventually('its change too', async () => (await dev.call('shop', '/env')).text === '["red","6"]');
  });

  test('what a function throws that a save has added is told by the files of this machine, too', async () => {
    await folders.write({
      'orders/late.js': "export default () => { throw new Error('late'); };",
      'orders/catnap.yaml': 'functions: { orders: { entry: index.js }, late: { entry: late.js } }',
    });
    await dev.says(/late\.default +answers at/);
    assert.equal((await dev.call('late')).status, 500);
    await dev.says(/Error: late\n +at .*\(orders\/late\.js:1:\d+\)/);
  });

  test('files of .secrets are Secrets of its cluster, a change to them too; a missing one is told with the way', async () => {
    await folders.write({
      'vault/index.js': "export default (request, { secrets }) => secrets.get('stripe', 'key');",
      'vault/catnap.yaml': 'spec: { secrets: [{ name: stripe }] }',
    });
    await using vault = DevProcess.start(folders.path, ['vault']);
    await vault.says(/"stripe" not found[\s\S]*\.secrets\/<Secret>\/<key>/);
    await folders.write({ 'vault/.secrets/stripe/key': 'sk_one' });
    await vault.answers('vault', 'sk_one');
    await folders.write({ 'vault/.secrets/stripe/key': 'sk_two' });
    await vault.answers('vault', 'sk_two');
    assert.doesNotMatch(vault.output, /sk_/);
  });

  test('a second one beside it has a cluster of its own', async () => {
    await using other = await Folders.create();
    await other.write({ 'index.ts': "export default () => 'another';", 'catnap.yaml': 'name: shop\n' });
    await using second = DevProcess.start(other.path, []);
    await second.answers('shop', 'another');
    assert.notEqual(await second.gateway(), await dev.gateway());
    assert.notEqual((await dev.call('shop')).text, 'another');
  });
});

test('Ctrl-C ends all of it, and leaves no process and no file', async () => {
  await using folders = await Folders.create();
  await folders.write({ 'index.ts': "export default () => 'here';", 'package.json': '{ "name": "brief" }' });
  await using dev = DevProcess.start(folders.path, []);
  await dev.answers('brief', 'here');
  const state = await dev.stateFolder();
  assert.ok(processesOf(state).length > 0);
  assert.equal(await dev.interrupt(), 0);
  assert.equal(existsSync(state), false);
  assert.deepEqual(processesOf(state), []);
  assert.match(dev.output, /stopping …/);
});

test('a second Ctrl-C does not wait; what was started ends all the same', async () => {
  await using folders = await Folders.create();
  await folders.write({ 'index.ts': "export default () => 'here';", 'package.json': '{ "name": "brief" }' });
  await using dev = DevProcess.start(folders.path, []);
  await dev.answers('brief', 'here');
  const state = await dev.stateFolder();
  dev.signal('SIGINT');
  await dev.says(/stopping …/);
  dev.signal('SIGINT');
  await dev.ended();
  await eventually('nothing is left', () => processesOf(state).length === 0 && !existsSync(state));
});

test('in a terminal it has colours, and Ctrl-C there ends it', {
  skip: !hasTmux() && 'not checked: tmux is not installed',
}, async () => {
  await using folders = await Folders.create();
  await folders.write({ 'index.ts': "export default () => 'here';", 'package.json': '{ "name": "brief" }' });
  using terminal = new TmuxTerminal(folders.path, ['dev', '.']);
  await terminal.shows(/answers at http:\/\/brief\.default\.localhost/);
  const state = dirname((await terminal.shows(/^kubeconfig +(\S+)$/m))[1] as string);
  assert.ok(processesOf(state).length > 0);
  assert.ok(terminal.screen().includes('\u001b[2m'));
  terminal.type('C-c');
  await terminal.shows(/stopping …[\s\S]*ended with 0/);
  assert.deepEqual([existsSync(state), processesOf(state)], [false, []]);
});

test('mistakes in types are told beside, and hold up nothing', async () => {
  await using folders = await Folders.create();
  await folders.write({
    'shop/index.ts': "const price: number = 'none';\nexport default () => 'price: ' + price;\n",
    'shop/tsconfig.json':
      '{ "compilerOptions": { "strict": true, "module": "nodenext", "types": [] }, "include": ["*.ts"] }',
  });
  await mkdir(join(folders.path, 'shop/node_modules'));
  await symlink(typescript(), join(folders.path, 'shop/node_modules/typescript'));
  await using dev = DevProcess.start(folders.path, ['shop']);
  await dev.answers('shop', 'price: none');
  await dev.says(/types shop +index\.ts\(1,7\): error TS2322/);
  await folders.write({ 'shop/index.ts': 'const price: number = 5;\nexport default () => "price: " + price;\n' });
  await dev.answers('shop', 'price: 5');
  await dev.says(/types shop +no mistakes any more/);
  assert.equal(await dev.interrupt(), 0);
  assert.deepEqual((await readdir(join(folders.path, 'shop'))).toSorted(), [
    'index.ts',
    'node_modules',
    'tsconfig.json',
  ]);
});

/** Of this checkout. */
function typescript(): string {
  return dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
}

test('a breakpoint in a TypeScript file is met, and costs no request; a save leads the debugger to the new replica', async () => {
  await using folders = await Folders.create();
  await folders.write(shop('first'));
  await using dev = DevProcess.start(folders.path, ['shop', '--inspect', '--no-types']);
  await dev.answers('shop', 'first');
  const port = Number((await dev.says(/inspector at 127\.0\.0\.1:(\d+)/))[1]);
  const source = pathToFileURL(join(folders.path, 'shop/src/index.ts'));
  const line = (await readFile(source, 'utf8')).split('\n').findIndex((text) => text.includes('const visit')) + 1;
  const client = await InspectorClient.attach(port);
  await client.breakAt(source, line);
  const waiting = [dev.call('shop', '/one'), dev.call('shop', '/two')];
  const paused = await client.event('Debugger.paused');
  const [frame] = paused.callFrames as { callFrameId: string }[];
  const { result } = await client.send('Debugger.evaluateOnCallFrame', {
    callFrameId: frame?.callFrameId,
    expression: 'new URL(request.url).pathname',
  });
  assert.match((result as { value: string }).value, /^\/(one|two)$/);

  // While it stands there.
  await folders.write({ 'shop/src/greeting.ts': "export const greeting = 'second';\n" });
  await eventually('the debugger is cut off from the replica before', () => client.isClosed);
  assert.deepEqual(
    (await Promise.all(waiting)).map(({ status }) => status),
    [200, 200],
  );
  await dev.answers('shop', 'second');
  using next = await InspectorClient.attach(port);
  await next.breakAt(source, line);
  const again = dev.call('shop');
  await next.event('Debugger.paused');
  await next.send('Debugger.resume');
  assert.equal((await again).text, 'second');
});
