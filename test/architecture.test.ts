import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TIERS, UNIT_FILES } from '../.toolchain/tiers.ts';
import { arrows, files, isForTests, isTest, pathOf, root, textOf } from './support/imports.ts';

/** What each top-level folder may import from the others, and whether at run time or only as types. */
const ALLOWED: Record<string, readonly string[]> = {
  api: [],
  platform: [],
  operator: ['api', 'platform'],
  activator: ['api', 'platform'],
  'runtime-image': ['api'],
  'log-keeper': ['api', 'platform'],
  dispatcher: ['api', 'platform'],
  local: ['api', 'platform'],
  cli: ['api', 'platform', 'local'],
  test: [
    'api',
    'platform',
    'local',
    'operator',
    'activator',
    'runtime-image',
    'log-keeper',
    'dispatcher',
    'cli',
    '.toolchain',
  ],
};

/** Packages that a folder's programs may load. A folder that is not here may load any that package.json names. */
const PACKAGES: Record<string, readonly string[]> = {
  api: ['zod', 'yaml'],
  'runtime-image': ['ws'],
};

test('the test sees the imports', () => {
  assert.ok(arrows.some((a) => a.from === 'operator' && a.to === 'platform'));
  assert.ok(arrows.some((a) => a.from === 'activator' && a.to === 'api'));
});

test('folders import only what lies below them', () => {
  const wrong = arrows.filter(
    (a) => a.to !== undefined && a.to !== a.from && !ALLOWED[a.from]?.includes(a.to) && !isForTests(a),
  );
  assert.deepEqual(wrong.map(textOf), []);
});

test('another top-level folder is imported by its # name, so that the arrow shows', () => {
  // The runtime must also run outside of this package, where no # name leads anywhere.
  const byPath = ['test', 'runtime-image'];
  const hidden = arrows.filter((a) => a.specifier.startsWith('.') && a.to !== a.from && !byPath.includes(a.from));
  assert.deepEqual(hidden.map(textOf), []);
});

test('api and the runtime load no package but those they are allowed', () => {
  const wrong = arrows.filter(
    (a) =>
      !a.typeOnly &&
      a.to === undefined &&
      !a.specifier.startsWith('node:') &&
      !isTest(a.file) &&
      PACKAGES[a.from] !== undefined &&
      !PACKAGES[a.from]?.includes(a.specifier),
  );
  assert.deepEqual(wrong.map(textOf), []);
});

test('the runtime takes nothing but names, error codes and request ids from api', () => {
  const wrong = arrows.filter(
    (a) => a.from === 'runtime-image' && a.to === 'api' && !/\/(names|errors|request-id)\.ts$/.test(a.specifier),
  );
  assert.deepEqual(wrong.map(textOf), []);
});

test('rules that several processes keep load nothing but names and each other', () => {
  const wrong = arrows.filter(
    (a) => /^api\/rules\/(?!.*\.test\.ts$)/.test(a.file) && !a.typeOnly && !/^\.\/|^\.\.\/names\.ts$/.test(a.specifier),
  );
  assert.deepEqual(wrong.map(textOf), []);
});

/** The package `@catnap/runtime` runs outside of a pod: nothing of what it takes from the runtime does I/O. */
const PACKAGED = /^runtime-image\/(npm\/test-context|call\/(stop|secrets|trace|context))\.ts$/;

test('the package for who writes handlers takes little of the runtime, which does not know it', () => {
  const ours = arrows.filter((a) => a.from === 'runtime-image' && !/\.test\.ts$/.test(a.file));
  const wrong = ours.filter((a) => {
    if (/^runtime-image\/npm\//.test(pathOf(a))) return true;
    return PACKAGED.test(a.file) && !a.typeOnly && !PACKAGED.test(pathOf(a));
  });
  assert.deepEqual(wrong.map(textOf), []);
});

/** The folders of the stand-in cluster, and which of the others each may import; tests may import more. */
const CLUSTER_FOLDERS: Record<string, readonly string[]> = {
  machine: [],
  realism: [],
  objects: [],
  'api-server': ['objects', 'machine', 'realism'],
  controllers: ['objects', 'realism'],
  volumes: ['controllers', 'objects'],
  'service-proxy': ['controllers', 'machine'],
  'pod-runner': ['controllers', 'volumes', 'service-proxy', 'machine', 'realism'],
};

test('the stand-in cluster stands on platform alone: it is a Kubernetes, whatever runs in it', () => {
  const inside = arrows.filter((a) => a.file.startsWith('local/cluster/') && a.to !== undefined);
  assert.ok(inside.length > 0);
  const wrong = inside.filter((a) => a.to !== 'platform' && !pathOf(a).startsWith('local/cluster/'));
  assert.deepEqual(wrong.map(textOf), []);
  const named = globSync('local/cluster/**/*.*', { cwd: root }).filter((file) =>
    /catnap/i.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(named, [], 'these name what runs in the cluster; its starter has to tell it by a setting');
});

test('programs of the stand-in cluster know each other by their requests alone', () => {
  const folder = (file: string) => file.split('/')[2] as string;
  const inside = arrows.filter((a) => a.file.startsWith('local/cluster/') && a.to === 'local');
  const wrong = inside.filter((a) => {
    const to = folder(pathOf(a));
    return !/\.test\.ts$/.test(a.file) && to !== folder(a.file) && !CLUSTER_FOLDERS[folder(a.file)]?.includes(to);
  });
  assert.deepEqual(wrong.map(textOf), []);
});

test('each folder of the stand-in cluster says in one line what is in it', () => {
  for (const folder of Object.keys(CLUSTER_FOLDERS))
    assert.match(readFileSync(join(root, 'local/cluster', folder, 'README.md'), 'utf8'), /^[^\n]+\n$/, folder);
});

test('client-node is loaded only where a kubeconfig needs it, and by the stand-in for its models', () => {
  const loaders = arrows.filter(
    (a) => !a.typeOnly && a.specifier.startsWith('@kubernetes/client-node') && a.from !== 'test',
  );
  assert.deepEqual(
    [...new Set(loaders.map((a) => a.file))].filter((file) => !/^(platform\/|local\/cluster\/objects\/)/.test(file)),
    [],
  );
});

/** One request's way through the gateway does not depend on the version of HTTP: only inbound and upstream know sockets. */
const WITHOUT_SOCKETS = /^activator\/(proxy|errors)\/(?!.*\.test\.ts$)/;

test('the exchange and the errors of the activator name no type of http and net', () => {
  const wrong = arrows.filter((a) => WITHOUT_SOCKETS.test(a.file) && /^node:(http2?|https|net|tls)$/.test(a.specifier));
  assert.ok(files.some((file) => WITHOUT_SOCKETS.test(file)));
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

test('nothing but tests takes of testing', () => {
  const wrong = arrows.filter(
    ({ file, from, specifier }) =>
      /\/testing\//.test(specifier) && from !== 'test' && !/\.test\.ts$|\/testing\/|\/test-[a-z]+\.ts$/.test(file),
  );
  assert.deepEqual(wrong.map(textOf), []);
});

/**
 * Where a process, or the tests, read their environment, once. What was not checked is told of by tests alone, which have no
 * main: the runner of a tier names the file of its list in the environment of all of them.
 */
const READS_ENVIRONMENT = /(^|\/)main\.ts$|^test\/support\/settings\.ts$|^platform\/testing\/not-checked\.ts$/;

test('the environment is read in main alone', () => {
  const readers = files.filter(
    (file) => !/\.test\.ts$/.test(file) && readFileSync(join(root, file), 'utf8').includes('process.env'),
  );
  assert.deepEqual(
    readers.filter((file) => !READS_ENVIRONMENT.test(file)),
    [],
  );
});

test('a file of more than 250 lines says why', () => {
  const silent = files.filter((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return text.split('\n').length > 251 && !text.includes('Longer than 250 lines:');
  });
  assert.deepEqual(silent, []);
});

test('each test file is run by a tier', () => {
  const tiers = Object.values(TIERS).flatMap((tier) => tier.files);
  // Those of the stand-in cluster are named by .toolchain/cluster; test/integration/npm-package.test.ts runs the example's.
  const run = globSync([...UNIT_FILES, ...tiers, 'local/cluster/**/*.test.ts', 'examples/**'], { cwd: root });
  const all = globSync('**/*.test.ts', { cwd: root, exclude: ['**/node_modules/**'] });
  assert.deepEqual(
    all.filter((file) => !run.includes(file)),
    [],
  );
});

test('no file is named for nothing in particular', () => {
  assert.deepEqual(
    files.filter((file) => /(^|\/)(utils?|helpers?|common|shared|misc|types|lib)(\/|\.ts$)/.test(file)),
    [],
  );
});
