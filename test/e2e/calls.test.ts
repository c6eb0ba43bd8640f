/** Functions that call functions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();

const CALLER = `
  export default async (request: Request) => {
    const answer = await fetch(new URL(request.url).searchParams.get('url') ?? '');
    return { status: answer.status, text: await answer.text() };
  };`;

test('a function calls another one by name and namespace, and by its name alone within the namespace', async (t) => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'callee', `export default () => 'called'`));
  const url = await world.deploy(manifest(world.namespace, 'caller', CALLER));
  const called = async (to: string) =>
    JSON.parse((await world.call(url, { path: `/?url=${encodeURIComponent(to)}` })).text);
  for (const host of [`callee.${world.namespace}`, `callee.${world.namespace}.svc.cluster.local`]) {
    assert.deepEqual(await called(`http://${host}/`), { status: 200, text: 'called' });
  }
  if (!system.local) return t.diagnostic('not checked: http://<name>, which this cluster may hide the caller of');
  assert.deepEqual(await called('http://callee/'), { status: 200, text: 'called' });
});
