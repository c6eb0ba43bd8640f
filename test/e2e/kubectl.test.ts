import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { stringify } from 'yaml';
import { eventually } from '../support/eventually.ts';
import { eachKubectl, type Kubectl, kubectlEnv } from '../support/kubectl.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();

for (const kubectl of eachKubectl('that kubectl works on Functions')) {
  suite(`kubectl ${kubectl.version}`, () => kubectlSuite(kubectl));
}

/** Runs kubectl in a namespace; fails the test when it fails. */
type Run = (world: World, args: string[], stdin?: string) => Promise<string>;

/** Long enough awake for its log to be followed. */
const AWAKE = { scaling: { idleSeconds: 300 } };
const yaml = (world: World, name: string, source = HELLO) => stringify(manifest(world.namespace, name, source));

function kubectlSuite(kubectl: Kubectl): void {
  const run: Run = async (world, args, stdin = '') => {
    const { code, stdout, stderr } = await kubectl.run(system.kubeconfig, ['-n', world.namespace, ...args], stdin);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  };

  test('apply, get with its columns, wide, yaml, json, jsonpath, name', async () => {
    await using world = await system.world();
    assert.match(await run(world, ['apply', '-f', '-'], yaml(world, 'hello')), /function\.catnap\.dev\/hello created/);
    assert.match(
      await run(world, ['apply', '-f', '-'], yaml(world, 'hello')),
      /function\.catnap\.dev\/hello unchanged/,
    );
    await run(world, ['wait', '--for=condition=Ready', 'fn/hello', '--timeout=30s']);
    const [head, row] = (await run(world, ['get', 'fn'])).split('\n');
    assert.deepEqual(head?.trim().split(/\s{2,}|\s+/), ['NAME', 'READY', 'REASON', 'REPLICAS', 'URL', 'AGE']);
    assert.match(String(row), /^hello\s+True\s+Untried\s+0\s+http:\/\/hello\.\S+\s+\d+s/);
    const wide = (await run(world, ['get', 'functions.catnap.dev', 'hello', '-o', 'wide'])).split('\n');
    assert.match(String(wide[0]), /REVISION\s+CONCURRENCY/);
    assert.match(String(wide[1]), /hello-[0-9a-f]{8}\s+20/);
    assert.match(await run(world, ['get', 'fn', 'hello', '-o', 'yaml']), /kind: Function/);
    assert.equal(JSON.parse(await run(world, ['get', 'fn', 'hello', '-o', 'json'])).spec.timeoutSeconds, 60);
    assert.equal(await run(world, ['get', 'fn', 'hello', '-o', 'jsonpath={.spec.queue.size}']), '1000');
    assert.equal(await run(world, ['get', 'fn', '-o', 'name']), 'function.catnap.dev/hello\n');
    assert.match(await run(world, ['get', 'all']), /function\.catnap\.dev\/hello/);
  });

  test('a change by client-side apply, patch, server-side apply and its conflict', async () => {
    await using world = await system.world();
    await run(world, ['apply', '-f', '-'], yaml(world, 'hello'));
    assert.match(await run(world, ['apply', '-f', '-'], yaml(world, 'hello', `${HELLO}// changed\n`)), /configured/);
    await run(world, ['patch', 'fn', 'hello', '--type=merge', '-p', '{"spec":{"timeoutSeconds":5}}']);
    assert.equal((await world.get('hello')).spec.timeoutSeconds, 5);
    await run(world, [
      'patch',
      'fn',
      'hello',
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/timeoutSeconds","value":6}]',
    ]);
    assert.equal((await world.get('hello')).spec.timeoutSeconds, 6);
    const seven = stringify({ ...manifest(world.namespace, 'hello', HELLO, { timeoutSeconds: 7 }) });
    const conflict = await kubectl.run(
      system.kubeconfig,
      ['apply', '--server-side', '--field-manager=ci', '-f', '-'],
      seven,
    );
    assert.notEqual(conflict.code, 0);
    assert.match(conflict.stderr, /conflicts? with "kubectl-patch"[\s\S]*timeoutSeconds/);
    await run(world, ['apply', '--server-side', '--field-manager=ci', '--force-conflicts', '-f', '-'], seven);
    assert.equal((await world.get('hello')).spec.timeoutSeconds, 7);
  });

  test('a mistake is refused with the rule and the field', async () => {
    await using world = await system.world();
    const wrong = { ...manifest(world.namespace, 'wrong', HELLO), spec: { source: { inline: HELLO }, image: 'x' } };
    const both = await kubectl.run(system.kubeconfig, ['apply', '-f', '-'], stringify(wrong));
    assert.notEqual(both.code, 0);
    assert.match(both.stderr, /give exactly one of spec\.source, spec\.image/);
    const typo = { ...manifest(world.namespace, 'typo', HELLO), spec: { source: { inline: HELLO }, timeoutSecond: 5 } };
    const unknown = await kubectl.run(system.kubeconfig, ['apply', '-f', '-'], stringify(typo));
    assert.notEqual(unknown.code, 0);
    assert.match(unknown.stderr, /unknown field "(spec\.)?timeoutSecond"/);
  });

  test('describe shows conditions and events; logs and logs -f; scale; explain; delete', async () => {
    await using world = await system.world();
    const source = `export default (r: Request) => { console.log('seen ' + new URL(r.url).pathname); return 'ok'; };`;
    await run(world, ['apply', '-f', '-'], stringify(manifest(world.namespace, 'chatty', source, AWAKE)));
    await run(world, ['wait', '--for=condition=Ready', 'fn/chatty', '--timeout=30s']);
    const url = String((await world.get('chatty')).status?.url);
    assert.equal((await world.call(url, { path: '/one' })).status, 200);
    const pod = String((await world.pods('chatty'))[0]?.metadata?.name);
    assert.match(await run(world, ['logs', pod]), /seen \/one/);
    assert.match(await run(world, ['describe', 'pod', pod]), /Node:[\s\S]*Containers:[\s\S]*Events:/);
    const described = await run(world, ['describe', 'fn', 'chatty']);
    assert.match(described, /Reason:/);
    assert.match(described, /Events:\s+Type\s+Reason/);
    assert.match(await run(world, ['get', 'events']), /chatty/);
    assert.match(await run(world, ['explain', 'fn.spec.timeoutSeconds']), /Seconds one request may take/);

    await follows(kubectl, world, { pod, url });
    const deployment = String((await world.get('chatty')).status?.revision);
    assert.match(await run(world, ['scale', 'deployment', deployment, '--replicas=2']), /scaled/);
    assert.match(await run(world, ['get', 'deployments,pods,services']), new RegExp(deployment));
    assert.match(await run(world, ['delete', 'fn', 'chatty']), /deleted/);
    const waiting = ['-n', world.namespace, 'wait', '--for=delete', `deployment/${deployment}`, '--timeout=60s'];
    const waited = await kubectl.run(system.kubeconfig, waiting);
    // An old kubectl fails when there is nothing left to wait for.
    assert.ok(waited.code === 0 || /no matching resources found/.test(waited.stderr), waited.stderr);
  });
}

/** `kubectl logs -f` prints a line that is written after it began. */
async function follows({ path }: Kubectl, world: World, { pod, url }: { pod: string; url: string }): Promise<void> {
  const env = kubectlEnv(system.kubeconfig);
  const child = spawn(path, ['-n', world.namespace, 'logs', '-f', pod], { env, timeout: 60_000 });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await eventually('the log so far', () => text.includes('seen /one'));
  await world.call(url, { path: '/two' });
  await eventually('a line written later', () => text.includes('seen /two'));
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
