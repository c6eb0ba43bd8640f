import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUILDERS, workingBuilder } from './builder.ts';
import { ARCHITECTURES, type Architecture, bringBundler } from './bundler-binaries.ts';
import {
  archiveName,
  type Builder,
  buildCommands,
  type Command,
  type ImageRequest,
  imageName,
  PROGRAMS,
  platformsOf,
} from './image-commands.ts';

/**
 * `make images`: the images of all programs, out of dist/, with whichever builder there is. No step of theirs runs
 * anything, so any machine builds for any platform.
 */
const root = dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    registry: { type: 'string', default: '' },
    /** Default: the version in package.json. */
    tag: { type: 'string', default: '' },
    /** Separated by commas; default: this machine's. */
    platforms: { type: 'string', default: '' },
    base: { type: 'string', default: 'node:26-slim' },
    /** Default: the first of docker, podman and buildah that answers. */
    builder: { type: 'string', default: '' },
    source: { type: 'string', default: '' },
    push: { type: 'string', default: '' },
    output: { type: 'string', default: '' },
    /** Of what kind the archives are: docker or oci. */
    archives: { type: 'string', default: 'docker' },
    /** For the label; default: the version in package.json. */
    version: { type: 'string', default: '' },
    /** Folder with `dist/` and the Dockerfiles; default: the checkout. */
    context: { type: 'string', default: '' },
  },
});

const context = values.context || root;

try {
  await makeImages();
} catch (error) {
  console.error(`catnap: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function makeImages(): Promise<void> {
  const builder = findBuilder(values.builder);
  const request = readRequest();
  for (const platform of request.platforms)
    await bringBundler(architectureOf(platform), join(context, 'dist', 'bundler'));
  if (request.output !== undefined) mkdirSync(request.output, { recursive: true });
  for (const program of PROGRAMS) {
    for (const platform of request.platforms) {
      // An archive is not written over.
      if (request.output !== undefined)
        rmSync(join(request.output, archiveName(program, request.tag, platform)), { force: true });
    }
    for (const command of buildCommands(builder, program, request)) carryOut(command);
    console.log(`${imageName(program, request)} (${request.platforms.join(', ')})`);
  }
}

function carryOut({ line: [program, ...args], mayFail }: Command): void {
  const output = mayFail ? 'ignore' : 'inherit';
  const { status, error } = spawnSync(program, args, { cwd: context, stdio: ['ignore', output, output] });
  if (status === 0 || mayFail) return;
  throw new Error(`${[program, ...args].join(' ')}: ${error?.message ?? `exit code ${status}`}`);
}

function findBuilder(wanted: string): Builder {
  const asked = BUILDERS.filter((builder) => wanted === '' || builder === wanted);
  if (asked.length === 0) throw new Error(`BUILDER=${wanted}: it must be one of ${BUILDERS.join(', ')}`);
  const found = workingBuilder(asked);
  if (found !== undefined) return found;
  throw new Error(
    `images need ${asked.join(', ')}: none of them works here. Install podman or buildah, or start Docker (with buildx)`,
  );
}

function readRequest(): ImageRequest {
  const version = values.version || ownVersion();
  const here = Object.entries(ARCHITECTURES).find(([, npm]) => npm === process.arch)?.[0] ?? 'amd64';
  const platforms = platformsOf(values.platforms || `linux/${here}`);
  for (const platform of platforms) architectureOf(platform);
  return {
    registry: values.registry,
    tag: values.tag || version,
    platforms,
    base: values.base,
    epoch: Number(git(['log', '-1', '--format=%ct']) || '0'),
    version,
    revision: git(['describe', '--always', '--dirty', '--abbrev=40', '--exclude', '*']),
    source: values.source,
    push: ['1', 'true', 'yes'].includes(values.push),
    output: values.output === '' ? undefined : values.output,
    archives: values.archives === 'oci' ? 'oci' : 'docker',
  };
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

function architectureOf(platform: string): Architecture {
  const [system, architecture = ''] = platform.split('/');
  if (system === 'linux' && architecture in ARCHITECTURES) return architecture as Architecture;
  const known = Object.keys(ARCHITECTURES).map((name) => `linux/${name}`);
  throw new Error(`PLATFORMS: "${platform}" is not one of ${known.join(', ')}`);
}

/** Empty where this is no checkout, as in an archive of the source. */
function git(args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
