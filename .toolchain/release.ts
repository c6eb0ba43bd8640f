import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { workingBuilder } from './builder.ts';
import { root } from './bundle-options.ts';
import { ARCHITECTURES, type Architecture } from './bundler-binaries.ts';
import { copyChart, packageChart } from './chart-package.ts';
import { archiveName, DOCKERFILES, PROGRAMS, platformsOf } from './image-commands.ts';
import { notesOf, requireVersion } from './release-notes.ts';
import { type Inventory, sbomOf } from './sbom.ts';

/**
 * `make release VERSION=0.2.0`: everything of a release in one folder, from the commit that is checked out. The version goes into
 * copies; the checkout stays as it is. The same commit gives the same bytes.
 */
const { values } = parseArgs({
  options: {
    version: { type: 'string', default: '' },
    output: { type: 'string', default: 'release' },
    /** `1`: also where the checkout differs from its commit. */
    'allow-dirty': { type: 'string', default: '' },
    /** `no`: none are built. */
    images: { type: 'string', default: '' },
    registry: { type: 'string', default: '' },
    platforms: { type: 'string', default: '' },
    base: { type: 'string', default: 'node:26-slim' },
    builder: { type: 'string', default: '' },
    source: { type: 'string', default: '' },
  },
});

/** What goes into its folders, in this order. */
interface Release {
  version: string;
  /** Folder that all of it is put into; only what is whole gets to where it was asked for. */
  output: string;
  /** Folder for what is on its way there. */
  stage: string;
  /** Of the commit: seconds since 1970. */
  epoch: number;
  /** Packages in each program, as paths from the root. */
  packages: Record<string, string[]>;
  /** Of all packages that this checkout's lockfile has. */
  inventory: Inventory;
}

/** Those that npm takes. */
const SUBJECTS: Record<string, { type: 'application' | 'library'; name: string; purl?: string }> = {
  cli: { type: 'application', name: 'catnap', purl: 'pkg:npm/catnap' },
  npm: { type: 'library', name: '@catnap/runtime', purl: 'pkg:npm/%40catnap/runtime' },
};

try {
  await makeRelease();
} catch (error) {
  console.error(`catnap: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function makeRelease(): Promise<void> {
  const version = requireVersion(values.version);
  const dirty = git(['status', '--porcelain']);
  if (dirty !== '' && values['allow-dirty'] !== '1')
    throw new Error(`the checkout differs from its commit (git status); commit that, or set ALLOW_DIRTY=1:\n${dirty}`);
  const output = resolve(root, values.output);
  const there = await readdir(output).catch(() => []);
  if (there.length > 0) throw new Error(`${output} is not empty: remove it, or name another OUTPUT`);
  const notes = notesOf(await readFile(join(root, 'CHANGELOG.md'), 'utf8'), version);
  const stage = await mkdtemp(join(tmpdir(), 'catnap-release-'));
  try {
    const packages = await buildAll(stage);
    const epoch = Number(git(['log', '-1', '--format=%ct']));
    const inventory = readInventory();
    const release = { version, output: join(stage, 'release'), stage, epoch, packages, inventory };
    await mkdir(release.output);
    await writeFile(join(release.output, 'NOTES.md'), notes);
    await packNpm(release);
    await packChart(release);
    await makeSboms(release);
    await makeImages(release);
    await writeFile(join(release.output, 'SHA256SUMS'), await checksums(release.output));
    await cp(release.output, output, { recursive: true });
  } finally {
    await rm(stage, { recursive: true });
  }
  console.log(`${relative(process.cwd(), output) || output}: Catnap ${version}`);
}

async function buildAll(stage: string): Promise<Record<string, string[]>> {
  const file = join(stage, 'packages.json');
  run(process.execPath, ['.toolchain/build.ts', '--dist', join(stage, 'dist'), '--packages', file]);
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, string[]>;
}

/** `npm/`: both packages, as npm publishes them. */
async function packNpm({ version, output, stage }: Release): Promise<void> {
  await mkdir(join(output, 'npm'));
  for (const name of ['cli', 'npm']) {
    const folder = join(stage, 'dist', name);
    const file = join(folder, 'package.json');
    const manifest = { ...JSON.parse(await readFile(file, 'utf8')), version };
    await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
    if (name === 'cli') await giveChart(join(folder, 'charts', 'catnap'), version);
    run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', join(output, 'npm'), folder]);
  }
}

async function giveChart(folder: string, version: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await copyChart(folder, version);
}

/** `chart/`: for helm. `manifests/`: the definitions, and all of it for clusters without helm. */
async function packChart({ version, output, stage, epoch }: Release): Promise<void> {
  const helm = findHelm();
  const chart = join(stage, 'catnap');
  await copyChart(chart, version);
  await mkdir(join(output, 'chart'));
  await packageChart(helm, chart, join(output, 'chart'), epoch);
  await mkdir(join(output, 'manifests'));
  const definitions = await copyDefinitions(join(output, 'manifests'));
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: catnap-system\n';
  const rest = ['--namespace', 'catnap-system', '--no-hooks', '--set', 'crds.install=false'];
  const objects = execFileSync(helm, ['template', 'catnap', chart, ...rest], { encoding: 'utf8' });
  await writeFile(join(output, 'manifests', 'install.yaml'), `${[namespace, ...definitions].join('---\n')}${objects}`);
}

/** Each in a file of its own. Returns their texts. */
async function copyDefinitions(folder: string): Promise<string[]> {
  const names = (await readdir(join(root, 'crds'))).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(root, 'crds', name), 'utf8');
      await writeFile(join(folder, name), text);
      return text;
    }),
  );
}

/** That of the tests, else the one on PATH. */
function findHelm(): string {
  const ours = join(root, '.toolchain', 'cluster-tools', 'bin', 'helm');
  const found = [ours, 'helm'].find((path) => spawnSync(path, ['version'], { stdio: 'ignore' }).status === 0);
  if (found === undefined) throw new Error('the chart needs helm 4: .toolchain/cluster-tools/install, or one on PATH');
  return found;
}

/** `sbom/`: of what is in each program and package, by esbuild's own account of what it put there. */
async function makeSboms({ version, output, epoch, packages, inventory }: Release): Promise<void> {
  await mkdir(join(output, 'sbom'));
  for (const [program, paths] of Object.entries(packages)) {
    const { type, name, purl } = SUBJECTS[program] ?? { type: 'application', name: `catnap-${program}` };
    const refs = await Promise.all(paths.map(refOf));
    const subject = { type, name, version, ...(purl !== undefined && { purl: `${purl}@${version}` }) };
    const document = sbomOf({ subject, packages: [...new Set(refs)].sort(), inventory, epoch });
    const file = `${purl === undefined ? name : `npm-${name.replace('@', '').replace('/', '-')}`}-${version}.cdx.json`;
    await writeFile(join(output, 'sbom', file), `${JSON.stringify(document, null, 2)}\n`);
  }
}

/** As npm has it for this checkout's lockfile. */
function readInventory(): Inventory {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  return JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 27 })) as Inventory;
}

async function refOf(path: string): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  return `${name}@${version}`;
}

/** `images/`: an archive for each image with all of its platforms, and what is in each. Without a builder there are none, which a line says. */
async function makeImages(release: Release): Promise<void> {
  if (values.images === 'no') return console.log('no images: IMAGES=no');
  if (values.builder === '' && workingBuilder() === undefined)
    return console.log('no images: none of docker, podman and buildah works here');
  const { version, stage, output } = release;
  const all = Object.keys(ARCHITECTURES).map((name) => `linux/${name}`);
  const platforms = platformsOf(values.platforms || all.join(','));
  for (const file of Object.values(DOCKERFILES)) await cp(join(root, file), join(stage, file));
  const given = {
    registry: values.registry,
    base: values.base,
    builder: values.builder,
    source: values.source,
    platforms: platforms.join(','),
  };
  const options = Object.entries({
    ...given,
    version,
    tag: version,
    context: stage,
    output: join(output, 'images'),
    archives: 'oci',
  });
  run(process.execPath, ['.toolchain/images.ts', ...options.flatMap(([key, value]) => [`--${key}`, value])]);
  for (const program of PROGRAMS) {
    for (const platform of platforms) {
      const document = await imageSbom(release, program, platform);
      const file = archiveName(program, version, platform).replace(/\.tar$/, '.cdx.json');
      await writeFile(join(output, 'sbom', file), `${JSON.stringify(document, null, 2)}\n`);
    }
  }
}

/** What Catnap put into an image, and the image under it, of which its publisher tells. */
async function imageSbom(
  { version, epoch, packages, inventory }: Release,
  program: (typeof PROGRAMS)[number],
  platform: string,
): Promise<object> {
  const architecture = ARCHITECTURES[platform.split('/')[1] as Architecture];
  const paths = packages[program] ?? [];
  const refs = await Promise.all(paths.map(refOf));
  const bundler = refs.find((ref) => ref.startsWith('esbuild@'))?.replace('esbuild', `@esbuild/linux-${architecture}`);
  const all = [...new Set([...refs, ...(bundler === undefined ? [] : [bundler])])].sort();
  const subject = { type: 'container', name: `catnap/${program}`, version } as const;
  return sbomOf({ subject, packages: all, inventory, base: values.base, epoch });
}

/** As `sha256sum --check` reads them. */
async function checksums(output: string): Promise<string> {
  const entries = await readdir(output, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(output, join(entry.parentPath, entry.name)));
  const lines = files.sort().map(async (file) => {
    const bytes = await readFile(join(output, file));
    return `${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`;
  });
  return (await Promise.all(lines)).join('');
}

function git(args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

/** @throws Error with what the program said, which is not shown otherwise. */
function run(program: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  if (status === 0) return;
  throw new Error(`${[program, ...args].join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
}
