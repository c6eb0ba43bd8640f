import { number, quantity } from './amounts.ts';
import type { Chance } from './chance.ts';
import { generateEnvironment } from './environment.ts';
import { generatePolicies } from './policies.ts';
import { generateStoredWork } from './stored-work.ts';
import { label, oddWord, plainWord } from './words.ts';

type Json = Record<string, unknown>;

/** A Function as a client sends it, and what the client does next. */
export interface GeneratedFunction {
  object: { metadata: { name: string; namespace: string } } & Json;
  /** Specs that are put over it at once, in their order. */
  updates: Json[];
  /** Deleted right after. */
  deleted: boolean;
}

const some = (chance: Chance, share: number, make: () => Json): Json => (chance.yes(share) ? make() : {});

function source(chance: Chance): Json {
  const text = `export default () => '${plainWord(chance)}';`;
  return chance.oneOf<Json>(
    () => ({ inline: text }),
    () => ({ inline: text }),
    () => ({ inline: oddWord(chance) }),
    () => ({ files: { 'index.ts': text, [oddWord(chance)]: oddWord(chance) } }),
    () => ({ files: Object.fromEntries([['index.js', text], ...chance.some(1, 70, (i) => [`f${i}.ts`, text])]) }),
    () => ({ files: { 'a/b.ts': text }, entry: chance.of(['a/b.ts', 'x.ts', '../a/b.ts', '__proto__']) }),
    () => ({ configMapRef: { name: label(chance) } }),
    () => ({ inline: text, files: { 'index.ts': text } }),
    () => ({}),
  );
}

function what(chance: Chance): Json {
  return chance.oneOf<Json>(
    () => ({ source: source(chance) }),
    () => ({ source: source(chance) }),
    () => ({
      image: chance.of([
        '127.0.0.1:1/nothing:1',
        'x',
        oddWord(chance),
        'a'.repeat(513),
        `${label(chance)}@sha256:${'0'.repeat(64)}`,
      ]),
    }),
    () => ({ source: source(chance), image: 'x' }),
    () => ({}),
  );
}

function routes(chance: Chance): unknown[] {
  return chance.some(1, chance.of([1, 1, 2, 32]), () => ({
    host: chance.of([
      `${label(chance)}.example.org`,
      `${label(chance)}.example.net`,
      `${label(chance)}.example.org`,
      'shop.example.org',
      'localhost',
      '127.0.0.1',
      'a.b.localhost',
      '*.example.org',
      'x'.repeat(254),
      oddWord(chance),
      '',
    ]),
    pathPrefix: chance.of([
      '/',
      '/a',
      '/a/',
      '//',
      `/${'a/'.repeat(500)}`,
      '/'.repeat(1_000),
      `${'/'.repeat(1_000)}a`,
      '/fn/',
      '/.catnap/',
      '/%2e%2e/',
      '/..',
      oddWord(chance),
    ]),
  }));
}

function limits(chance: Chance): Json {
  const resource = () =>
    chance.of(['cpu', 'memory', 'ephemeral-storage', 'example.org/gpu', 'hugepages-2Mi', oddWord(chance)]);
  const resources = () => Object.fromEntries(chance.some(0, 3, () => [resource(), quantity(chance)]));
  return chance.oneOf<Json>(
    () => ({ resources: { requests: resources(), limits: resources() } }),
    () => ({
      timeoutSeconds: number(chance),
      timeouts: { firstByteSeconds: number(chance), idleSeconds: number(chance) },
    }),
    () => ({ concurrency: { target: number(chance), limit: number(chance) } }),
    () => ({ queue: { size: number(chance), maxBytes: quantity(chance), timeoutSeconds: number(chance) } }),
    () => ({ maxBodyBytes: quantity(chance) }),
  );
}

/** A pod template, and fields beside it, that say nothing or harm. */
function templates(chance: Chance): Json {
  const template = chance.of<unknown>([
    null,
    7,
    [],
    { spec: null },
    { spec: { containers: [] } },
    { spec: { containers: [{ name: 'function', image: 'x', command: ['sh'] }, { name: oddWord(chance) }] } },
    { spec: { hostNetwork: true, hostPID: true, volumes: [{ name: 'x', hostPath: { path: '/' } }] } },
    { spec: { serviceAccountName: 'catnap-operator', automountServiceAccountToken: true } },
    { spec: { initContainers: [{ name: 'x', image: 'x', volumeMounts: [{ name: 'no', mountPath: '/' }] }] } },
    { metadata: { labels: { [oddWord(chance)]: oddWord(chance), 'catnap.dev/function': 'victim' } } },
    { spec: { nodeSelector: { a: 1 }, tolerations: 'x', affinity: [], terminationGracePeriodSeconds: -1 } },
  ]);
  const key = chance.of(['podTemplate', 'securityContext', 'initContainers', oddWord(chance)]);
  return { [key]: template };
}

/** Parts of a spec, each of which is odd in its own way. */
const PARTS: readonly ((chance: Chance) => Json)[] = [
  generateEnvironment,
  generateEnvironment,
  generateEnvironment,
  what,
  limits,
  limits,
  (chance) => ({ routes: routes(chance) }),
  generatePolicies,
  generateStoredWork,
  templates,
  (chance) => ({ handler: chance.of(['default', 'x', 'a.b', 'constructor', 'a.prototype', oddWord(chance)]) }),
  (chance) => ({ signature: chance.of(['auto', 'fetch', 'http', 'cloudevent', 'lambda', oddWord(chance)]) }),
  (chance) => ({ serviceAccountName: chance.of([label(chance), 'default', oddWord(chance)]) }),
  (chance) => ({ imagePullSecrets: chance.some(1, 17, (i) => ({ name: `${label(chance)}-${i}` })) }),
];

/** Of specs that are tried by a start, each of which takes a process. */
const TRIED_SHARE = 0.02;

/** A good spec with a few parts that are not, so that most come through to the operator. */
function spec(chance: Chance): Json {
  const good = { source: { inline: `export default () => '${plainWord(chance)}';` } };
  const parts = chance.some(0, 3, () => chance.of(PARTS)(chance));
  // Few replicas are asked for: processes are not what is tried here.
  const scaling = { minReplicas: 0, maxReplicas: number(chance), tryOnChange: chance.yes(TRIED_SHARE) };
  return Object.assign({}, good, ...parts, { scaling });
}

/** Sets a key of its own, `__proto__` too, as JSON does. */
function withKey(object: Json, key: string, value: unknown): Json {
  return Object.defineProperty({ ...object }, key, { value, enumerable: true, writable: true, configurable: true });
}

function metadata(chance: Chance, name: string, namespace: string): { name: string; namespace: string } & Json {
  const words = () =>
    Object.fromEntries(
      chance.some(1, 8, () => [
        chance.of([plainWord(chance), oddWord(chance), 'catnap.dev/function', 'app.kubernetes.io/name']),
        chance.of([plainWord(chance), oddWord(chance)]),
      ]),
    );
  return {
    name,
    namespace,
    ...some(chance, 0.2, () => ({ labels: words() })),
    ...some(chance, 0.2, () => ({ annotations: { ...words(), 'catnap.dev/source-hash': oddWord(chance) } })),
    ...some(chance, 0.05, () => ({ finalizers: [chance.of(['example.org/x', oddWord(chance)])] })),
    ...some(chance, 0.05, () => ({
      ownerReferences: [
        { apiVersion: 'v1', kind: 'ConfigMap', name: label(chance), uid: oddWord(chance), controller: true },
      ],
    })),
    ...some(chance, 0.05, () => ({
      deletionTimestamp: '2026-01-01T00:00:00Z',
      generation: -1,
      uid: 'x',
      managedFields: [{}],
    })),
  };
}

/** A Function that the API server takes, or nearly. Its own name is `fuzz-<index>`, but for names that are part of the attack. */
export function generateFunction(chance: Chance, index: number, namespace: string): GeneratedFunction {
  const plain = `fuzz-${index}`;
  const name = chance.yes(0.93)
    ? plain
    : chance.of([
        `${plain}-${'x'.repeat(60)}`,
        `${plain}.a`,
        oddWord(chance),
        'constructor',
        `9${plain}`,
        plain.toUpperCase(),
      ]);
  const whole = {
    apiVersion: 'catnap.dev/v1alpha1',
    kind: 'Function',
    metadata: metadata(chance, name, namespace),
    spec: spec(chance),
  };
  const object = chance.yes(0.1)
    ? { ...whole, spec: withKey(whole.spec, chance.of(['__proto__', 'constructor']), { image: 'x', polluted: true }) }
    : chance.yes(0.1)
      ? {
          ...whole,
          status: { conditions: [{ type: 'Ready', status: 'True' }], url: oddWord(chance), revision: oddWord(chance) },
        }
      : whole;
  return { object, updates: chance.yes(0.15) ? chance.some(1, 6, () => spec(chance)) : [], deleted: chance.yes(0.1) };
}
