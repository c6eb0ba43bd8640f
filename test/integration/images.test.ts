import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { workingBuilder } from '../../.toolchain/builder.ts';
import { archiveName, imageName, PROGRAMS } from '../../.toolchain/image-commands.ts';
import { ROOT } from '../../local/package-root.ts';
import { makeBaseImage } from '../support/base-image.ts';
import { settings } from '../support/settings.ts';
import { canConfine, startConfined, type UnpackedImage, unpackImage } from '../support/unpacked-image.ts';

const builder = workingBuilder();
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const confined = builder !== undefined && (await canConfine());
if (builder === undefined) console.log('no docker, podman or buildah works here: images were not built');
else if (!confined) console.log('no mount namespace can be made here: no program was started from its image');

if (builder !== undefined) {
  let scratch = '';
  const images = new Map<string, UnpackedImage>();

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'catnap-images-'));
    const base = settings.CATNAP_TEST_BASE_IMAGE ?? makeBaseImage(builder);
    for (const folder of ['first', 'second']) makeImages(base, join(scratch, folder));
    for (const program of PROGRAMS)
      images.set(program, await unpackImage(archiveOf('first', program), join(scratch, program)));
  });
  after(async () => {
    // Of what was made here, the base alone stays: it is the same the next time.
    const made = PROGRAMS.map((program) => imageName(program, { registry: '', tag: 'test' }));
    execFileSync(builder, ['rmi', '--force', ...made], { stdio: 'ignore' });
    await rm(scratch, { recursive: true });
  });

  function makeImages(base: string, output: string): void {
    const args = [
      '--base',
      base,
      '--builder',
      String(builder),
      '--output',
      output,
      '--tag',
      'test',
      '--source',
      'here',
    ];
    execFileSync(process.execPath, ['.toolchain/images.ts', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  function archiveOf(folder: string, program: (typeof PROGRAMS)[number]): string {
    return join(scratch, folder, archiveName(program, 'test', `linux/${ARCHITECTURE}`));
  }

  function image(program: string): UnpackedImage {
    const unpacked = images.get(program);
    assert.ok(unpacked);
    return unpacked;
  }

  test('an image says what it is, whom it runs as and how it is stopped', () => {
    for (const program of PROGRAMS) {
      const { names, config } = image(program);
      assert.deepEqual(
        names.map((name) => name.replace(/^docker\.io\//, '')),
        [`catnap/${program}:test`],
      );
      assert.equal(config.User, '65532:65532');
      assert.equal(config.StopSignal, 'SIGTERM');
      assert.deepEqual(config.Entrypoint, ['node', `/catnap/${program}.mjs`]);
      assert.equal(config.Labels['org.opencontainers.image.title'], `catnap-${program}`);
      assert.equal(config.Labels['org.opencontainers.image.source'], 'here');
    }
  });

  test('the same commit gives the same image, as the time of the commit', async () => {
    for (const program of PROGRAMS) {
      const [first, second] = await Promise.all(
        ['first', 'second'].map((folder) => readFile(archiveOf(folder, program))),
      );
      assert.ok(first?.equals(second ?? Buffer.alloc(0)), program);
    }
  });

  test('the runtime adds less than 2 MB to its base, compressed', async () => {
    const added = image('runtime').layers.slice(image('activator').layers.length - 1);
    const sizes = await Promise.all(added.map(async (layer) => gzipSync(await readFile(layer)).length));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(bytes > 0 && bytes < 2e6, `${bytes} bytes`);
  });

  if (confined) {
    test('the runtime serves a handler of an image built from its own, on a root that is read-only', async () => {
      const { root } = image('runtime');
      await writeFile(join(root, 'function', 'index.mjs'), "export default () => 'from the image';\n");
      const child = startConfined(image('runtime'), { PORT: '0', CATNAP_HOST: '127.0.0.1', CATNAP_METRICS_PORT: '0' });
      const { port } = await line(child, 'started');
      assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'from the image');
      await stopped(child);
    });

    for (const [program, message] of [
      ['activator', 'gateway listens'],
      ['operator', 'listening'],
    ] as const) {
      test(`the ${program} runs on a root that is read-only`, async () => {
        const child = startConfined(image(program), {
          CATNAP_API_URL: 'http://127.0.0.1:9',
          HOST: '127.0.0.1',
          CATNAP_OPS_PORT: '0',
          CATNAP_GATEWAY_PORT: '0',
        });
        const { opsPort } = await line(child, message);
        assert.equal((await fetch(`http://127.0.0.1:${opsPort}/healthz`)).status, 200);
        await stopped(child);
      });
    }

    test("the operator's bundler works in its image", async () => {
      const script = "const { transform } = await import('/catnap/node_modules/esbuild/lib/main.js');";
      const code = `${script} console.log((await transform('let a: 1 = 1', { loader: 'ts' })).code); process.exit()`;
      const child = startConfined(image('operator'), {}, ['node', '--input-type=module', '--eval', code]);
      assert.ok(child.stdout);
      assert.equal((await text(child.stdout)).trim(), 'let a = 1;');
    });
  }
}

/** The fields of the first log line with `message`. Fails when the program ends before. */
async function line(child: ChildProcess, message: string): Promise<Record<string, unknown>> {
  assert.ok(child.stdout);
  for await (const written of createInterface({ input: child.stdout })) {
    const fields = JSON.parse(written) as Record<string, unknown>;
    if (fields.msg === message) return fields;
  }
  throw new Error(`it ended without "${message}"`);
}

async function stopped(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  // Nobody reads its log any more.
  child.stdout?.destroy();
  child.kill('SIGKILL');
  await exited;
}
