/** What `catnap init` makes: it installs, its types hold, its test passes, and it answers on a cluster. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { CONFIG_MAPS, type KubeObject, type Resource } from '#platform/kube/resources.ts';
import { TEMPLATE_NAMES, type TemplateName } from '../../cli/templates/template.ts';
import { catnap } from '../support/catnap.ts';
import type { Call } from '../support/gateway.ts';
import { settings } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import { FUNCTION, type World } from '../support/world.ts';

const system = useSystem();
const run = promisify(execFile);
const env = { PATH: settings.PATH, HOME: settings.HOME };

const KEY = 'k';
const EVENT = '{"id":"o-1"}';
const SIGNED = { 'x-signature': createHmac('sha256', KEY).update(EVENT).digest('hex') };

/** Path, request and what is answered. */
const CALLS: Record<TemplateName, [path: string, call: Call, answer: RegExp]> = {
  hello: ['/?name=you', {}, /^\{"hello":"you"\}$/],
  hono: ['/orders/7', {}, /^\{"id":"7"\}$/],
  webhook: ['/', { method: 'POST', body: EVENT, headers: SIGNED }, /^\{"accepted":"/],
  worker: ['/?name=you', {}, /^Hello you!$/],
  lambda: ['/?name=you', {}, /^\{"hello":"you"\}$/],
  express: ['/orders/7', {}, /^\{"id":"7"\}$/],
};

const folder = await mkdtemp(join(tmpdir(), 'catnap-init-'));
after(() => rm(folder, { recursive: true }));
for (const name of TEMPLATE_NAMES) {
  const { exitCode, stderr } = await catnap(['init', name], { kubeconfig: '', cwd: folder });
  assert.equal(exitCode, 0, stderr);
}
const notInstalled = await install();

/** All of them at once, as workspaces of one folder: what they share is fetched once. Why npm could not; false: it did. */
async function install(): Promise<string | false> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, workspaces: TEMPLATE_NAMES }));
  const options = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  return await run('npm', ['install', '--prefer-offline', ...options], { cwd: folder, env, timeout: 180_000 }).then(
    () => false as const,
    ({ message }: Error) => `not checked: npm could not install: ${message.trim()}`,
  );
}

test('its npm scripts find the command of this checkout, which is not on PATH', async () => {
  const cwd = join(folder, TEMPLATE_NAMES[0]);
  const { stdout } = await run('npm', ['run', 'dev', '--silent', '--', '--help'], { cwd, env });
  assert.match(stdout, /^Usage: catnap dev /);
});

const KINDS: Record<string, Resource> = { ConfigMap: CONFIG_MAPS, Function: FUNCTION as Resource };

/** Renders the folder, applies that, and waits until it is ready. */
async function deployed(world: World, name: TemplateName): Promise<string> {
  const rendered = await catnap(['render', join(folder, name), '-n', world.namespace], { kubeconfig: '' });
  assert.equal(rendered.exitCode, 0, rendered.stderr);
  for (const document of parseAllDocuments(rendered.stdout)) {
    const object = document.toJS() as KubeObject;
    await world.put(KINDS[object.kind ?? ''] as Resource, object);
  }
  return String((await world.ready(name)).status?.url);
}

suite('a folder of catnap init', { skip: notInstalled }, () => {
  for (const name of TEMPLATE_NAMES) {
    test(`${name}: its types hold and its test passes`, async () => {
      const cwd = join(folder, name);
      await run(join(folder, 'node_modules', '.bin', 'tsc'), [], {
        cwd,
        env: { ...env, PATH: `${dirname(process.execPath)}:${env.PATH}` },
      });
      const { stdout } = await run('npm', ['test'], {
        cwd,
        env: { ...env, PATH: `${dirname(process.execPath)}:${env.PATH}` },
      });
      assert.match(stdout, /^ℹ pass [1-9]/m);
      assert.match(stdout, /^ℹ fail 0$/m);
    });

    test(`${name}: rendered and applied, it answers`, async () => {
      await using world = await system.world();
      await world.secret('webhook', { key: KEY });
      const url = await deployed(world, name);
      const [path, call, expected] = CALLS[name];
      const answer = await world.call(url, { path, ...call });
      assert.ok(answer.status < 300, `${answer.status} ${answer.text}`);
      assert.match(answer.text, expected);
    });
  }
});
