/** What `make release` makes, used as it would be: installed from its files, where there is no checkout. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { SYSTEM_NAMESPACE } from '#api/names.ts';
import type { KubeObject } from '#platform/kube/resources.ts';
import { helm } from '#platform/testing/cluster-tools.ts';
import { notChecked } from '#platform/testing/not-checked.ts';
import { workingBuilder } from '../../.toolchain/builder.ts';
import { imageName, layoutArchiveName, PROGRAMS } from '../../.toolchain/image-commands.ts';
import { STORAGE_CLASSES } from '../../local/cluster/volumes/kinds.ts';
import { ROOT } from '../../local/package-root.ts';
import { makeBaseOfAll, platformsToBuild } from '../support/base-image.ts';
import { freeNodePort, startCluster } from '../support/deployed-local.ts';
import { eventually } from '../support/eventually.ts';
import { GatewayClient } from '../support/gateway.ts';
import { emptyProject, installCommand, runApart } from '../support/installed-command.ts';
import { kubectlEnv } from '../support/kubectl.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { hasRegistry, startRegistry } from '../support/oci-registry.ts';
import { readLayout } from '../support/unpacked-image.ts';
import { World } from '../support/world.ts';

const VERSION = '9.8.7-rc.1';
const tool = helm('what make release makes');
const working = workingBuilder();
// docker takes the base of several platforms from a registry alone.
const builder = working === 'docker' ? undefined : working;
if (builder === undefined) notChecked('the images of a release: neither podman nor buildah works here');
const PLATFORMS = builder === undefined ? [] : platformsToBuild();

/** Types say what may stand in it. */
const CONFIG = `import { defineConfig } from 'catnap';
  // @ts-expect-error there is no such field
  defineConfig({ spec: { timeout: 7 } });
  export default defineConfig(({ command }) => ({
    name: 'typed',
    spec: { timeoutSeconds: command === 'render' ? 7 : 8, env: [{ name: 'A', value: 'b' }] },
    build: { external: [] },
  }));`;

let scratch = '';
/** The release's folder. */
let release = '';
/** What make is told of images. */
let images: string[] = [];
const at = (...path: string[]) => join(release, ...path);

function makeRelease(output: string, ...variables: string[]): string {
  const settled = [`VERSION=${VERSION}`, `OUTPUT=${output}`, 'ALLOW_DIRTY=1', ...variables];
  return runApart(ROOT, 'make', '--silent', 'release', ...settled);
}

if (tool !== undefined) {
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'catnap-release-test-'));
    release = join(scratch, 'release');
    images =
      builder === undefined
        ? ['IMAGES=no']
        : [`PLATFORMS=${PLATFORMS}`, `BASE=${makeBaseOfAll(builder, PLATFORMS)}`, `BUILDER=${builder}`];
    makeRelease(release, ...images);
  });
  after(async () => {
    const made = PROGRAMS.map((program) => imageName(program, { registry: '', tag: VERSION }));
    if (builder !== undefined)
      for (const name of made) execFileSync(builder, ['manifest', 'rm', name], { stdio: 'ignore' });
    await rm(scratch, { recursive: true });
  });

  test('each of its files has its checksum', async () => {
    const checked = runApart(release, 'sha256sum', '--check', '--strict', 'SHA256SUMS');
    const entries = await readdir(release, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name !== 'SHA256SUMS');
    assert.equal(checked.trim().split('\n').length, files.length);
    for (const file of ['npm/catnap-', 'npm/catnap-runtime-', 'chart/catnap-'])
      assert.match(checked, new RegExp(`^${file}${VERSION}\\.tgz: OK$`, 'm'));
    if (builder !== undefined) assert.equal(checked.match(/^images\/.*\.tar: OK$/gm)?.length, PROGRAMS.length);
  });

  test('the same commit gives the same bytes', async () => {
    const again = join(scratch, 'elsewhere', 'again');
    makeRelease(again, ...images);
    assert.equal(await readFile(join(again, 'SHA256SUMS'), 'utf8'), await readFile(at('SHA256SUMS'), 'utf8'));
  });

  test('a folder that has something in it is not written to', () => {
    assert.throws(() => makeRelease(release), /release is not empty: remove it, or name another OUTPUT/);
  });

  test('the command works in a folder that has nothing but the package', async () => {
    const folder = join(scratch, 'command');
    await emptyProject(folder);
    const command = await installCommand(folder, at('npm', `catnap-${VERSION}.tgz`));
    const catnap = (...args: string[]) => runApart(folder, process.execPath, command, ...args);
    assert.equal(catnap('--version'), `${VERSION}\n`);
    assert.match(catnap('--help'), /^Usage: catnap /);
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'src', 'index.ts'), HELLO);
    await writeFile(join(folder, 'catnap.config.ts'), CONFIG);
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const strict = [
      '--ignoreConfig',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--module',
      'nodenext',
      '--types',
      '',
    ];
    runApart(folder, process.execPath, tsc, '--noEmit', ...strict, 'catnap.config.ts');
    const [rendered] = parseAllDocuments(catnap('render')).map((document) => document.toJS());
    const { timeoutSeconds } = rendered.spec;
    assert.deepEqual([rendered.kind, rendered.metadata.name, timeoutSeconds], ['Function', 'typed', 7]);
    const { scripts, dependencies } = JSON.parse(
      await readFile(join(folder, 'node_modules/catnap/package.json'), 'utf8'),
    );
    assert.deepEqual([scripts, Object.keys(dependencies)], [undefined, ['esbuild']]);
  });

  test('the package for who writes handlers has the release’s version', async () => {
    const folder = join(scratch, 'handler');
    await emptyProject(folder);
    const file = at('npm', `catnap-runtime-${VERSION}.tgz`);
    runApart(folder, 'npm', 'install', '--offline', '--no-audit', '--no-fund', '--silent', file);
    const { version } = JSON.parse(await readFile(join(folder, 'node_modules/@catnap/runtime/package.json'), 'utf8'));
    assert.equal(version, VERSION);
    const script =
      "import { createTestContext } from '@catnap/runtime'; console.log(createTestContext({ requestId: 'a' }).requestId);";
    assert.equal(runApart(folder, process.execPath, '--input-type=module', '--eval', script), 'a\n');
  });

  test('the chart installs the images of the release, and a function answers', async () => {
    await using stack = new AsyncDisposableStack();
    const kubeconfig = join(scratch, 'kubeconfig');
    const cluster = stack.use(await startCluster(join(scratch, 'cluster'), kubeconfig, [VERSION]));
    const kube = stack.use(await cluster.ready(AbortSignal.timeout(60_000)));
    // The cluster's controllers make it some moments after the API server answers.
    await eventually('there is a StorageClass for the dispatcher', async () => {
      const { items } = await kube.listAll(STORAGE_CLASSES, { signal: AbortSignal.timeout(10_000) });
      return items.length > 0;
    });
    const port = await freeNodePort();
    const set = {
      'service.type': 'NodePort',
      'service.nodePorts.http': port,
      'operator.replicas': 1,
      'activator.replicas': 1,
    };
    const values = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const args = ['install', 'catnap', at('chart', `catnap-${VERSION}.tgz`), '--namespace', SYSTEM_NAMESPACE];
    execFileSync(tool.path, [...args, '--create-namespace', '--wait', ...values], { env: kubectlEnv(kubeconfig) });
    const gateway = stack.use(new GatewayClient(`http://127.0.0.1:${port}`));
    const world = stack.use(await World.create(kube, gateway));
    const url = await world.deploy(manifest(world.namespace, 'hello', HELLO));
    assert.equal((await world.call(url)).text, '{"hello":"world"}');
  });

  if (!hasRegistry()) notChecked('that a registry takes the chart: docker-registry is not installed');
  else
    test('a registry takes the chart, and gives it back as it was', async () => {
      await using registry = await startRegistry();
      const file = `catnap-${VERSION}.tgz`;
      const address = `oci://${registry.host}/charts`;
      runApart(scratch, tool.path, 'push', at('chart', file), address, '--plain-http');
      runApart(scratch, tool.path, 'pull', `${address}/catnap`, '--version', VERSION, '--plain-http');
      assert.deepEqual(await readFile(join(scratch, file)), await readFile(at('chart', file)));
    });

  if (builder !== undefined)
    test('an image is one archive with all of its platforms, by the name under which nodes look for it', async () => {
      for (const program of PROGRAMS) {
        const archive = at('images', layoutArchiveName(program, VERSION));
        const { name, platforms } = await readLayout(archive, join(scratch, program));
        assert.equal(name, `docker.io/catnap/${program}:${VERSION}`);
        assert.deepEqual(platforms, PLATFORMS);
      }
    });

  test('the manifest for clusters without helm has the definitions, and the images of the release', async () => {
    const text = await readFile(at('manifests', 'install.yaml'), 'utf8');
    const objects = parseAllDocuments(text).flatMap((document) => (document.toJS() as KubeObject | null) ?? []);
    const kinds = objects.map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(0, 3), ['Namespace', 'CustomResourceDefinition', 'CustomResourceDefinition']);
    assert.ok(!kinds.includes('Job'));
    for (const [index, name] of ['functions', 'triggers'].entries()) {
      const definition = parse(await readFile(at('manifests', `${name}.catnap.dev.yaml`), 'utf8')) as KubeObject;
      assert.deepEqual(objects[index + 1], definition);
    }
    assert.deepEqual([...new Set(text.match(/catnap\/(operator|activator|runtime):[^\s"]+/g))].sort(), [
      `catnap/activator:${VERSION}`,
      `catnap/operator:${VERSION}`,
      `catnap/runtime:${VERSION}`,
    ]);
  });

  test('an inventory has the packages of its program and none that only development needs', async () => {
    const names = async (file: string) => {
      const { components } = JSON.parse(await readFile(at('sbom', file), 'utf8')) as { components: { name: string }[] };
      return components.map(({ name }) => name);
    };
    const activator = await names(`catnap-activator-${VERSION}.cdx.json`);
    assert.ok(
      ['zod', 'pino', 'prom-client'].every((name) => activator.includes(name)),
      activator.join(),
    );
    assert.ok(!['typescript', 'esbuild', '@biomejs/biome'].some((name) => activator.includes(name)), activator.join());
    assert.deepEqual(await names(`catnap-runtime-${VERSION}.cdx.json`), ['ws']);
    assert.ok((await names(`npm-catnap-${VERSION}.cdx.json`)).includes('commander'));
    if (builder === undefined) return;
    for (const platform of PLATFORMS) {
      const image = await names(`catnap-operator-${VERSION}-${platform.replace('/', '-')}.cdx.json`);
      const native = image.filter((name) => name.startsWith('@esbuild/'));
      assert.deepEqual(native, [platform === 'linux/arm64' ? '@esbuild/linux-arm64' : '@esbuild/linux-x64']);
    }
  });
}
