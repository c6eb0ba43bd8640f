/** The command lines that build images, for each builder. Pure: the images' own are in images.ts. */

export const PROGRAMS = ['operator', 'activator', 'runtime'] as const;
export type ImageProgram = (typeof PROGRAMS)[number];
export type Builder = 'docker' | 'podman' | 'buildah';

/** What is asked for; the same for all three images. */
export interface ImageRequest {
  /** Put before the name, such as `registry.example.org/team`; empty: the name's own. */
  registry: string;
  tag: string;
  /** `linux/amd64`, … */
  platforms: readonly string[];
  base: string;
  /** Becomes the time of everything in the image: seconds since 1970. */
  epoch: number;
  version: string;
  /** Commit. */
  revision: string;
  /** Where the source is published; may be empty. */
  source: string;
  push: boolean;
  /** Folder for archives that nodes can load; absent: none are written. */
  output: string | undefined;
  /** `docker`: one for each image and platform. `oci`: one for each image with all of its platforms, to be pushed as it is. */
  archives: 'docker' | 'oci';
}

/** One line of what is run. */
export interface Command {
  line: [string, ...string[]];
  /** Whether it is all the same when it fails. */
  mayFail?: true;
}

export const DOCKERFILES: Record<ImageProgram, string> = {
  operator: 'operator/Dockerfile',
  activator: 'activator/Dockerfile',
  runtime: 'runtime-image/Dockerfile',
};

/**
 * The image's name with its tag. Without a registry it is Docker Hub's, by its full name: podman and buildah would put
 * `localhost/` before a short one, and no node would find it.
 */
export function imageName(program: ImageProgram, { registry, tag }: Pick<ImageRequest, 'registry' | 'tag'>): string {
  return `${registry === '' ? 'docker.io' : registry.replace(/\/+$/, '')}/catnap/${program}:${tag}`;
}

/** What is run, in order, to make one image. */
export function buildCommands(builder: Builder, program: ImageProgram, request: ImageRequest): Command[] {
  const name = imageName(program, request);
  if (request.output !== undefined) {
    const { output } = request;
    if (request.archives === 'oci') return layoutArchive(builder, program, request, output);
    return request.platforms.flatMap((platform) => [
      ...localBuild(builder, program, { ...request, platforms: [platform] }),
      archive(builder, name, `${output}/${archiveName(program, request.tag, platform)}`),
    ]);
  }
  if (request.push && builder === 'docker') {
    return [{ line: [...buildx(program, request), '--output', 'type=registry,rewrite-timestamp=true', '.'] }];
  }
  const built = localBuild(builder, program, request);
  if (!request.push) return built;
  return [...built, { line: [builder, 'manifest', 'push', '--all', name, `docker://${name}`] }];
}

/** `catnap-operator-0.1.0-linux-arm64.tar` */
export function archiveName(program: ImageProgram, tag: string, platform: string): string {
  return `catnap-${program}-${tag}-${platform.replaceAll('/', '-')}.tar`;
}

/** Those of a list with commas, as PLATFORMS has it. */
export function platformsOf(list: string): string[] {
  return list.split(',').map((platform) => platform.trim());
}

/** `catnap-operator-0.1.0.oci.tar` */
export function layoutArchiveName(program: ImageProgram, tag: string): string {
  return `catnap-${program}-${tag}.oci.tar`;
}

/** The builder writes an OCI layout, a folder: in an archive of the builder's own making files have the time at which it was made. */
function layoutArchive(builder: Builder, program: ImageProgram, request: ImageRequest, output: string): Command[] {
  const name = imageName(program, request);
  const file = `${output}/${layoutArchiveName(program, request.tag)}`;
  const layout = `${file}.layout`;
  const made: Command[] =
    builder === 'docker'
      ? [
          {
            line: [
              ...buildx(program, request),
              '--output',
              `type=oci,tar=false,dest=${layout},rewrite-timestamp=true`,
              '.',
            ],
          },
        ]
      : [
          ...localBuild(builder, program, request),
          { line: [builder, 'manifest', 'push', '--all', name, `oci:${layout}:${name}`] },
        ];
  const same = [
    '--sort=name',
    `--mtime=@${request.epoch}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ];
  return [
    { line: ['rm', '-rf', layout] },
    ...made,
    { line: ['tar', '--create', ...same, '--file', file, '--directory', layout, '.'] },
    { line: ['rm', '-rf', layout] },
  ];
}

/** Into the builder's own store, where it is a list of platforms if there are several, or if it is to be pushed. */
function localBuild(builder: Builder, program: ImageProgram, request: ImageRequest): Command[] {
  if (builder === 'docker') return [{ line: [...buildx(program, request), '--load', '.'] }];
  const name = imageName(program, request);
  const isList = request.push || request.platforms.length > 1 || request.archives === 'oci';
  const build = (among: ImageRequest, how: '--tag' | '--manifest'): Command => {
    const once = ['--timestamp', String(request.epoch), how, name, '.'];
    return { line: [builder, 'build', ...buildArguments(program, among), ...once] };
  };
  if (!isList) return [build(request, '--tag')];
  // A list that is there already would be added to; one after the other, for their order in it is that in which they end.
  const fresh: Command = { line: [builder, 'manifest', 'rm', name], mayFail: true };
  return [fresh, ...request.platforms.map((platform) => build({ ...request, platforms: [platform] }, '--manifest'))];
}

/** Provenance and an inventory would make each build another one. */
function buildx(program: ImageProgram, request: ImageRequest): [string, ...string[]] {
  const name = imageName(program, request);
  const once = ['--provenance=false', '--sbom=false', '--build-arg', `SOURCE_DATE_EPOCH=${request.epoch}`];
  return ['docker', 'buildx', 'build', ...buildArguments(program, request), ...once, '--tag', name];
}

function buildArguments(program: ImageProgram, request: ImageRequest): string[] {
  const { base, version, revision, source, platforms } = request;
  const given = { BASE: base, VERSION: version, REVISION: revision, SOURCE: source };
  return [
    '--file',
    DOCKERFILES[program],
    '--platform',
    platforms.join(','),
    ...Object.entries(given).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
  ];
}

/** In the format that docker, podman, containerd (k3s, kind) all load. */
function archive(builder: Builder, name: string, file: string): Command {
  if (builder === 'buildah') return { line: ['buildah', 'push', name, `docker-archive:${file}:${name}`] };
  if (builder === 'podman') return { line: ['podman', 'save', '--format', 'docker-archive', '--output', file, name] };
  return { line: ['docker', 'save', '--output', file, name] };
}
