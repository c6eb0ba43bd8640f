import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

/** What each top-level folder may import from the others, and whether at run time or only as types. */
const ALLOWED: Record<string, readonly string[]> = {
  api: [],
  platform: [],
  operator: ['api', 'platform'],
  activator: ['api', 'platform'],
  'runtime-image': ['api'],
  local: ['api', 'platform'],
  test: ['api', 'platform', 'local', 'operator', 'activator', 'runtime-image', '.toolchain'],
};

/** Packages that a folder's programs may load. A folder that is not here may load any that package.json names. */
const PACKAGES: Record<string, readonly string[]> = {
  api: ['zod', 'yaml'],
  'runtime-image': ['ws'],
};

const root = join(import.meta.dirname, '..');
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?!type\b)[^;]*?from\s+'([^']+)'|(?:^|\W)import\('([^']+)'\)|(?:^|\n)\s*import\s+'([^']+)'/g;
const TYPE_IMPORT = /(?:^|\n)\s*(?:import|export)\s+type\s[^;]*?from\s+'([^']+)'/g;

interface Arrow {
  file: string;
  from: string;
  specifier: string;
  /** Top-level folder, or undefined for a package or a built-in. */
  to: string | undefined;
  typeOnly: boolean;
}

const files = Object.keys(ALLOWED).flatMap((folder) => globSync(`${folder}/**/*.{ts,mts}`, { cwd: root }));
const arrows: Arrow[] = files.flatMap(arrowsOf);

function arrowsOf(file: string): Arrow[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = (pattern: RegExp, typeOnly: boolean) =>
    [...text.matchAll(pattern)].map((match) => {
      const specifier = match.slice(1).find((group) => group !== undefined) as string;
      return { file, from: top(file), specifier, to: target(file, specifier), typeOnly };
    });
  return [...found(IMPORT, false), ...found(TYPE_IMPORT, true)];
}

function top(path: string): string {
  return path.split('/')[0] as string;
}

function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return top(specifier.slice(1));
  if (specifier.startsWith('.')) return top(relative(root, join(root, dirname(file), specifier)));
  return undefined;
}

/** What tests stand on is for the tests of all. */
function isForTests({ file, specifier }: Arrow): boolean {
  return specifier.startsWith('#platform/testing/') && /\.test\.ts$|\/testing\//.test(file);
}

test('the test sees the imports', () => {
  assert.ok(arrows.some((a) => a.from === 'operator' && a.to === 'platform'));
  assert.ok(arrows.some((a) => a.from === 'activator' && a.to === 'api'));
});

test('folders import only what lies below them', () => {
  const wrong = arrows.filter(
    (a) => a.to !== undefined && a.to !== a.from && !ALLOWED[a.from]?.includes(a.to) && !isForTests(a),
  );
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

test('another top-level folder is imported by its # name, so that the arrow shows', () => {
  // The runtime must also run outside of this package, where no # name leads anywhere.
  const byPath = ['test', 'runtime-image'];
  const hidden = arrows.filter((a) => a.specifier.startsWith('.') && a.to !== a.from && !byPath.includes(a.from));
  assert.deepEqual(
    hidden.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

test('api and the runtime load no package but those they are allowed', () => {
  const wrong = arrows.filter(
    (a) =>
      !a.typeOnly &&
      a.to === undefined &&
      !a.specifier.startsWith('node:') &&
      !/\.test\.ts$|\/testing\//.test(a.file) &&
      PACKAGES[a.from] !== undefined &&
      !PACKAGES[a.from]?.includes(a.specifier),
  );
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

test('the runtime takes nothing but names, error codes and request ids from api', () => {
  const wrong = arrows.filter(
    (a) => a.from === 'runtime-image' && a.to === 'api' && !/\/(names|errors|request-id)\.ts$/.test(a.specifier),
  );
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

/** The runtime's folders from the lowest up, and the files beside them that any of these may import. */
const RUNTIME_FOLDERS = [
  'web',
  'call',
  'telemetry',
  'websocket',
  'http',
  'signatures',
  'loading',
  'dispatch',
  'shutdown',
] as const;
const RUNTIME_FILES = ['builtin.ts', 'clock.ts', 'assignment.ts', 'settings.ts'];

test('a folder of the runtime imports only from those below it, and nothing that wires them together', () => {
  const level = (file: string) => RUNTIME_FOLDERS.findIndex((folder) => file.startsWith(`runtime-image/${folder}/`));
  const path = (a: Arrow) => relative(root, join(root, dirname(a.file), a.specifier));
  const inside = arrows.filter((a) => level(a.file) >= 0 && !/\.test\.ts$/.test(a.file) && a.to === 'runtime-image');
  assert.ok(inside.length > 0);
  const wrong = inside.filter((a) => {
    if (dirname(path(a)) === 'runtime-image') return !RUNTIME_FILES.includes(path(a).slice('runtime-image/'.length));
    return level(path(a)) < 0 || level(path(a)) > level(a.file);
  });
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

test('each folder of the runtime says in one line what is in it', () => {
  for (const folder of [...RUNTIME_FOLDERS, 'testing'])
    assert.match(readFileSync(join(root, 'runtime-image', folder, 'README.md'), 'utf8'), /^[^\n]+\n$/, folder);
});

test('rules that several processes keep load nothing but names and each other', () => {
  const wrong = arrows.filter(
    (a) => /^api\/rules\/(?!.*\.test\.ts$)/.test(a.file) && !a.typeOnly && !/^\.\/|^\.\.\/names\.ts$/.test(a.specifier),
  );
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

/** The package `@catnap/runtime` runs outside of a pod: nothing of what it takes from the runtime does I/O. */
const PACKAGED = /^runtime-image\/(npm\/test-context|call\/(stop|secrets|trace|context))\.ts$/;

test('the package for who writes handlers takes little of the runtime, which does not know it', () => {
  const ours = arrows.filter((a) => a.from === 'runtime-image' && !/\.test\.ts$/.test(a.file));
  const path = (a: Arrow) => relative(root, join(root, dirname(a.file), a.specifier));
  const wrong = ours.filter((a) => {
    if (/^runtime-image\/npm\//.test(path(a))) return true;
    return PACKAGED.test(a.file) && !a.typeOnly && !PACKAGED.test(path(a));
  });
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

/** The folders of the stand-in cluster, and which of the others each may import; tests may import more. */
const CLUSTER_FOLDERS: Record<string, readonly string[]> = {
  machine: [],
  realism: [],
  objects: [],
  'api-server': ['objects', 'machine', 'realism'],
  controllers: ['objects', 'realism'],
  'service-proxy': ['controllers', 'machine'],
  'pod-runner': ['controllers', 'service-proxy', 'machine', 'realism'],
};

test('the stand-in cluster stands on platform alone: it is a Kubernetes, whatever runs in it', () => {
  const path = (a: Arrow) => relative(root, join(root, dirname(a.file), a.specifier));
  const inside = arrows.filter((a) => a.file.startsWith('local/cluster/') && a.to !== undefined);
  assert.ok(inside.length > 0);
  const wrong = inside.filter((a) => a.to !== 'platform' && !path(a).startsWith('local/cluster/'));
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
  const named = globSync('local/cluster/**/*.*', { cwd: root }).filter((file) =>
    /catnap/i.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(named, [], 'these name what runs in the cluster; its starter has to tell it by a setting');
});

test('programs of the stand-in cluster know each other by their requests alone', () => {
  const folder = (file: string) => file.split('/')[2] as string;
  const path = (a: Arrow) => relative(root, join(root, dirname(a.file), a.specifier));
  const inside = arrows.filter((a) => a.file.startsWith('local/cluster/') && a.to === 'local');
  const wrong = inside.filter((a) => {
    const to = folder(path(a));
    return !/\.test\.ts$/.test(a.file) && to !== folder(a.file) && !CLUSTER_FOLDERS[folder(a.file)]?.includes(to);
  });
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
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

/** Decisions: functions of their arguments, free of I/O. They import pure files, api, zod and types. */
const PURE =
  /^(api\/rules\/[-a-z]+|activator\/cold-start\/(wave-plan|learning|peer-backlog)|activator\/cold-start\/(prospects|start-retries)|activator\/(balancing\/rotation|errors\/(gateway-error|queue-errors)|inbound\/(client-stream|forwarding|protocol-name|stall-watch|validate-request)|proxy\/(headers|not-started|time-limits|websocket-frames)|replicas\/(outlier-ejection|revision-health)|routing\/[-a-z]+)|operator\/routing\/(route-registry|route-claims)|operator\/function\/[-a-z]+|operator\/scaling\/(counter-series|demand|learned|parse-metrics|replica-plan|step))\.ts$/;

test('decisions import nothing that does I/O', () => {
  const impure = arrows.filter(
    (a) =>
      PURE.test(a.file) &&
      !a.typeOnly &&
      a.to !== 'api' &&
      (a.specifier.startsWith('node:')
        ? !['node:crypto'].includes(a.specifier)
        : a.to === 'platform' || (a.to === undefined && a.specifier !== 'zod')),
  );
  assert.deepEqual(
    impure.map((a) => `${a.file} imports ${a.specifier}`),
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

/** Folders in which each takes only of those before it; what lies in the top-level folder itself may take of all. */
const LAYERS: Record<string, readonly string[]> = {
  platform: ['time', 'process', 'access', 'kube', 'informer', 'controller', 'leader'],
  operator: ['function', 'source', 'network', 'routing', 'watches', 'scaling', 'reconcile', 'jobs'],
  activator: [
    'errors',
    'peers',
    'telemetry',
    'upstream',
    'routing',
    'balancing',
    'queue',
    'replicas',
    'cold-start',
    'functions',
    'inbound',
    'proxy',
  ],
};

test('the folders of platform, operator and activator take only of those below them, types included', () => {
  const folderOf = (path: string) => path.split('/').slice(1, -1)[0];
  const wrong = arrows.filter(({ file, from, specifier, to }) => {
    const layers = LAYERS[from];
    if (layers === undefined || to !== from || /\.test\.ts$|\/testing\//.test(file)) return false;
    const [own, other] = [folderOf(file), folderOf(relative(root, join(root, dirname(file), specifier)))];
    if (own === undefined || other === undefined || own === other) return false;
    return layers.indexOf(other) === -1 || layers.indexOf(other) > layers.indexOf(own);
  });
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
  assert.deepEqual(
    wrong.map((a) => `${a.file} imports ${a.specifier}`),
    [],
  );
});

/** Where a process, or the tests, read their environment, once. */
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

test('no file is named for nothing in particular', () => {
  assert.deepEqual(
    files.filter((file) => /(^|\/)(utils?|helpers?|common|shared|misc|types|lib)(\/|\.ts$)/.test(file)),
    [],
  );
});
