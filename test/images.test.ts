import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildCommands, type ImageRequest, imageName, platformsOf } from '../.toolchain/image-commands.ts';

const root = join(import.meta.dirname, '..');
const PROGRAMS = { operator: 'operator', activator: 'activator', runtime: 'runtime-image' } as const;
const ALLOWED = ['ARG', 'FROM', 'LABEL', 'COPY', 'ENV', 'WORKDIR', 'USER', 'STOPSIGNAL', 'EXPOSE', 'ENTRYPOINT'];

/** Instructions of a Dockerfile with what they are given, continued lines as one. */
function instructions(folder: string): { name: string; rest: string }[] {
  const text = readFileSync(join(root, folder, 'Dockerfile'), 'utf8').replaceAll(/\\\n\s*/g, '');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));
}

function given(folder: string, name: string): string[] {
  return instructions(folder).flatMap((one) => (one.name === name ? [one.rest] : []));
}

for (const [program, folder] of Object.entries(PROGRAMS)) {
  test(`the ${program}'s image runs nothing to be made, and copies only what was built`, () => {
    assert.deepEqual(
      instructions(folder).filter(({ name }) => !ALLOWED.includes(name)),
      [],
    );
    const copied = given(folder, 'COPY');
    assert.equal(copied[0], `dist/${program}/ /catnap/`);
    assert.ok(copied.every((line) => /^dist\/\S+\/ \/catnap\/\S*$/.test(line)));
  });

  test(`the ${program}'s image runs as a numeric user, and says what it is and how it is stopped`, () => {
    assert.deepEqual(given(folder, 'USER'), ['65532:65532']);
    assert.deepEqual(given(folder, 'STOPSIGNAL'), ['SIGTERM']);
    assert.deepEqual(given(folder, 'ENTRYPOINT'), [`["node", "/catnap/${program}.mjs"]`]);
    const labels = given(folder, 'LABEL').join(' ');
    for (const label of ['title', 'description', 'licenses', 'version', 'revision', 'source']) {
      assert.ok(labels.includes(`org.opencontainers.image.${label}=`), label);
    }
  });
}

function aRequest(request: Partial<ImageRequest> = {}): ImageRequest {
  return {
    registry: '',
    tag: '1.2.3',
    platforms: ['linux/amd64'],
    base: 'node:26-slim',
    epoch: 1_700_000_000,
    version: '1.2.3',
    revision: 'abc',
    source: '',
    push: false,
    output: undefined,
    archives: 'docker',
    ...request,
  };
}

function lines(builder: 'docker' | 'podman' | 'buildah', request: Partial<ImageRequest>): string[] {
  return buildCommands(builder, 'activator', aRequest(request)).map(({ line }) => line.join(' '));
}

test('without a registry an image has the full name under which a node looks for the short one', () => {
  assert.equal(imageName('runtime', { registry: '', tag: '1' }), 'docker.io/catnap/runtime:1');
  assert.equal(
    imageName('runtime', { registry: 'r.example.org/team/', tag: '1' }),
    'r.example.org/team/catnap/runtime:1',
  );
});

test('each builder is given the time of the commit, and makes nothing else that differs from build to build', () => {
  assert.match(lines('docker', {}).join(), /--provenance=false --sbom=false --build-arg SOURCE_DATE_EPOCH=1700000000 /);
  for (const builder of ['podman', 'buildah'] as const) {
    assert.match(lines(builder, {}).join(), new RegExp(`^${builder} build .* --timestamp 1700000000 --tag `));
  }
});

test('platforms may have spaces behind their commas', () => {
  assert.deepEqual(platformsOf('linux/amd64, linux/arm64 '), ['linux/amd64', 'linux/arm64']);
});

test('several platforms are one list of images, pushed with all of them', () => {
  const request = { platforms: ['linux/amd64', 'linux/arm64'], push: true, registry: 'r.example.org' };
  const name = 'r.example.org/catnap/activator:1.2.3';
  const [fresh, amd64, arm64, push] = lines('buildah', request);
  assert.equal(fresh, `buildah manifest rm ${name}`);
  assert.match(amd64 ?? '', new RegExp(`--platform linux/amd64 .* --manifest ${name} \\.$`));
  assert.match(arm64 ?? '', new RegExp(`--platform linux/arm64 .* --manifest ${name} \\.$`));
  assert.equal(push, `buildah manifest push --all ${name} docker://${name}`);
  assert.match(lines('docker', request).join(), /--platform linux\/amd64,linux\/arm64 .* type=registry,/);
});

test('an OCI archive is one of all platforms, whose files have the time of the commit', () => {
  const request = { platforms: ['linux/amd64', 'linux/arm64'], output: '/out', archives: 'oci' } as const;
  const [name, file] = ['docker.io/catnap/activator:1.2.3', '/out/catnap-activator-1.2.3.oci.tar'];
  const written = lines('buildah', request);
  for (const platform of request.platforms)
    assert.match(written.join('\n'), new RegExp(`--platform ${platform} .* --manifest ${name} \\.$`, 'm'));
  assert.ok(written.includes(`buildah manifest push --all ${name} oci:${file}.layout:${name}`), written.join('\n'));
  assert.match(
    lines('docker', request).join('\n'),
    new RegExp(`type=oci,tar=false,dest=${file}.layout,rewrite-timestamp=true`),
  );
  for (const builder of ['docker', 'buildah'] as const)
    assert.match(lines(builder, request).at(-2) ?? '', new RegExp(`^tar .* --mtime=@1700000000 .* --file ${file} `));
});

test('archives are one for each platform, in the format that docker and containerd load', () => {
  const request = { platforms: ['linux/amd64', 'linux/arm64'], output: '/out' };
  const name = 'docker.io/catnap/activator:1.2.3';
  const written = lines('buildah', request).filter((line) => line.startsWith('buildah push'));
  assert.deepEqual(
    written,
    ['amd64', 'arm64'].map(
      (arch) => `buildah push ${name} docker-archive:/out/catnap-activator-1.2.3-linux-${arch}.tar:${name}`,
    ),
  );
  assert.equal(
    lines('docker', { output: '/out' }).at(-1),
    `docker save --output /out/catnap-activator-1.2.3-linux-amd64.tar ${name}`,
  );
});
