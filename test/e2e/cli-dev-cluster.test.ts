/** `catnap dev` on a cluster that is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNotFound } from '#platform/kube/error.ts';
import { DevProcess, Folders } from '../support/dev-process.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();

test('its functions answer while it runs, what they write is shown, and they go with it', async () => {
  await using world = await system.world();
  await using folders = await Folders.create();
  const source = (text: string) => ({
    'shop/src/index.ts': `export default () => { console.log('asked, ${text}'); return '${text}'; };\n`,
  });
  await folders.write(source('first'));
  await using dev = DevProcess.start(folders.path, ['shop', '--kubeconfig', system.kubeconfig, '-n', world.namespace]);
  const url = (await dev.says(/answers at (\S+)/))[1] as string;
  const answers = (text: string) => eventually(`it answers ${text}`, async () => (await world.call(url)).text === text);
  await answers('first');
  await dev.says(/shop\.catnap-e2e-\w+ +asked, first/);
  await folders.write(source('second'));
  await answers('second');
  await dev.says(/asked, second/);
  assert.equal(await dev.interrupt(), 0);
  const gone = (error: unknown) => isNotFound(error);
  await assert.rejects(world.get('shop'), gone);
});

for (const [how, close] of [
  ['its reader ends', (dev: DevProcess) => dev.stopReading()],
  [
    'its terminal is closed, which is told more than once',
    (dev: DevProcess) => {
      dev.stopReading();
      for (let i = 0; i < 3; i += 1) dev.signal('SIGHUP');
    },
  ],
] as const)
  test(`its functions go with it too when ${how}`, async () => {
    await using world = await system.world();
    await using folders = await Folders.create();
    const source = (text: string) => ({ 'shop/index.ts': `export default () => '${text}';\n` });
    await folders.write(source('first'));
    await using dev = DevProcess.start(folders.path, [
      'shop',
      '--kubeconfig',
      system.kubeconfig,
      '-n',
      world.namespace,
    ]);
    await dev.says(/answers at (\S+)/);
    close(dev);
    // What it says of the change finds no reader.
    await folders.write(source('second'));
    await dev.ended();
    await assert.rejects(world.get('shop'), isNotFound);
  });

test('a Function that it has not made is left alone', async () => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'shop', HELLO));
  const before = await world.get('shop');
  await using folders = await Folders.create();
  await folders.write({ 'shop/index.ts': "export default () => 'mine';" });
  await using dev = DevProcess.start(folders.path, ['shop', '--kubeconfig', system.kubeconfig, '-n', world.namespace]);
  await dev.says(/shop in the cluster that catnap dev has not made, and it is left alone/);
  await dev.interrupt();
  assert.equal((await world.get('shop')).metadata.generation, before.metadata.generation);
});
