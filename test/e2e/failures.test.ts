import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConditionType } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { condition, observed } from '../support/world.ts';

const system = useSystem();
const CRASHES = `throw new Error('no database');\nexport default () => 'never';\n`;
/** Long enough awake for its log to be read. */
const AWAKE = { scaling: { idleSeconds: 60 } };
const failed =
  (reason: string, type: ConditionType = 'Ready') =>
  (fn: FunctionObject) =>
    observed(fn) && condition(fn, type)?.status === 'False' && condition(fn, type)?.reason === reason;

test('source that does not parse: the condition names file, line and column within two seconds, nothing is deployed', async () => {
  await using world = await system.world();
  await world.apply(manifest(world.namespace, 'broken', 'export default () => {\n  const x = ;\n};\n'));
  const fn = await world.function('broken', 'is CompileFailed', failed('CompileFailed'), 2_000);
  assert.match(String(condition(fn, 'SourceReady')?.message), /index\.ts:2:13/);
  assert.equal(fn.status?.latestRevision, undefined);
  assert.deepEqual(await world.pods('broken'), []);
  const answer = await world.call(`http://${system.host(world.namespace, 'broken')}`);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'RevisionFailed');
});

test('a change that does not parse leaves the previous revision serving', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'steady', `export default () => 'one';`));
  assert.equal((await world.call(url)).text, 'one');
  await world.apply(manifest(world.namespace, 'steady', `export default () => 'two`));
  await world.function('steady', 'is CompileFailed', failed('CompileFailed'), 2_000);
  assert.equal((await world.call(url)).text, 'one');
  await world.asleep('steady');
  assert.equal((await world.call(url)).text, 'one');
});

test('an import that cannot be resolved says what to do', async () => {
  await using world = await system.world();
  await world.apply(
    manifest(world.namespace, 'imports', `import left from 'left-pad';\nexport default () => left('x', 3);`),
  );
  const fn = await world.function('imports', 'is CompileFailed', failed('CompileFailed'));
  assert.match(String(condition(fn, 'SourceReady')?.message), /index\.ts:1:\d+.*left-pad/s);
});

test('a handler that is not exported is named, with the exports there are', async () => {
  await using world = await system.world();
  await world.apply(manifest(world.namespace, 'unnamed', `export const run = () => 'x';`));
  const fn = await world.function('unnamed', 'is HandlerNotFound', failed('HandlerNotFound'));
  assert.match(String(condition(fn, 'SourceReady')?.message), /run/);
});

test('a handler that throws: 500 with a request id, the stack with the source line in the log', async () => {
  await using world = await system.world();
  const source = `function deep(): never {\n  throw new Error('kaboom');\n}\nexport default () => deep();\n`;
  const url = await world.deploy(manifest(world.namespace, 'throws', source, AWAKE));
  const answer = await world.call(url);
  assert.equal(answer.status, 500);
  assert.equal(answer.headers['x-catnap-error'], 'HandlerFailed');
  const requestId = String(answer.headers['x-request-id']);
  assert.equal(JSON.parse(answer.text).requestId, requestId);
  assert.doesNotMatch(answer.text, /index\.ts/);
  const pod = String((await world.pods('throws'))[0]?.metadata?.name);
  await eventually('the log names the line', async () => {
    const log = await world.kube.podLog(world.ref(pod), { signal: world.soon() });
    return log
      .split('\n')
      .some((line) => line.includes(requestId) && line.includes('kaboom') && line.includes('index.ts:2:'));
  });
});

test('a function that crashes on import: the waiting request gets 503 with the reason and the log within three seconds', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'crash', CRASHES, { queue: { timeoutSeconds: 60 } }));
  // The first call may pull the image; what is bounded is the time from the second exit on.
  const answer = await world.call(url);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'RevisionFailed');
  if (system.local) assert.ok(answer.ms < 3_000, `${answer.ms} ms`);
  const fn = await world.function('crash', 'is CrashLoop', failed('CrashLoop', 'RevisionReady'));
  assert.match(String(condition(fn, 'RevisionReady')?.message), /no database/);
});

test('a function that never becomes ready: 503 when queue.timeoutSeconds are over', async () => {
  await using world = await system.world();
  const source = `export const init = () => new Promise(() => setInterval(() => {}, 1000));\nexport default () => 'never';`;
  const url = await world.deploy(manifest(world.namespace, 'never', source, { queue: { timeoutSeconds: 2 } }));
  const answer = await world.call(url);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'QueueTimeout');
  assert.ok(Number(answer.headers['retry-after']) > 0);
  assert.ok(answer.ms >= 1_900 && answer.ms < 5_000, `${answer.ms} ms`);
});

test('a new revision that crashes on import gives the traffic back to the last one that answered', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'back', `export default () => 'good';`));
  assert.equal((await world.call(url)).text, 'good');
  const good = (await world.asleep('back')).status?.revision;

  await world.apply(manifest(world.namespace, 'back', CRASHES));
  const tried = await world.function(
    'back',
    'has the new revision',
    (fn) => observed(fn) && fn.status?.latestRevision !== good,
  );
  const answer = await world.call(url);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.text, 'good');
  const fn = await world.function('back', 'says that the revision failed', failed('CrashLoop', 'RevisionReady'));
  assert.equal(fn.status?.revision, good);
  assert.equal(fn.status?.latestRevision, tried.status?.latestRevision);
  await world.asleep('back');
  assert.equal((await world.call(url)).text, 'good');
});

test('a new revision that crashes while the function is awake never gets traffic', async () => {
  await using world = await system.world();
  const url = await world.deploy(
    manifest(world.namespace, 'awake', `export default () => 'good';`, { scaling: { minReplicas: 1 } }),
  );
  assert.equal((await world.call(url)).text, 'good');
  await world.apply(manifest(world.namespace, 'awake', CRASHES, { scaling: { minReplicas: 1 } }));
  await world.function('awake', 'says that the revision failed', failed('CrashLoop', 'RevisionReady'));
  assert.equal((await world.call(url)).text, 'good');
  await world.apply(
    manifest(world.namespace, 'awake', `export default () => 'mended';`, { scaling: { minReplicas: 1 } }),
  );
  await eventually('the mended revision answers', async () => (await world.call(url)).text === 'mended');
});

test('a ConfigMap that is missing is named, and its arrival heals the function', async () => {
  await using world = await system.world();
  const source = { configMapRef: { name: 'later' } };
  const fn = manifest(world.namespace, 'waits', HELLO);
  await world.apply({ ...fn, spec: { ...fn.spec, source } });
  const missing = await world.function('waits', 'is ConfigMapNotFound', failed('ConfigMapNotFound'));
  assert.match(String(condition(missing, 'SourceReady')?.message), /later/);
  await world.configMap('later', { 'index.ts': `export default () => 'here';` });
  const url = String((await world.ready('waits')).status?.url);
  assert.equal((await world.call(url)).text, 'here');
});

test('a Secret that is missing fails the waiting request, and the status has its name', async () => {
  await using world = await system.world();
  const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'absent', key: 'key' } } }];
  const url = await world.deploy(manifest(world.namespace, 'keyless', HELLO, { env }));
  const answer = await world.call(url);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'RevisionFailed');
  const fn = await world.function('keyless', 'is SecretNotFound', failed('SecretNotFound', 'RevisionReady'));
  assert.match(String(condition(fn, 'RevisionReady')?.message), /absent/);
  await world.secret('absent', { key: 'k' });
  await eventually('it answers once the Secret is there', async () => (await world.call(url)).status === 200, 90_000);
});

test('a Secret to be mounted that is missing fails the waiting request, and the status has its name', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'unmounted', HELLO, { secrets: [{ name: 'nowhere' }] }));
  const answer = await world.call(url);
  assert.equal(answer.status, 503, answer.text);
  assert.equal(answer.headers['x-catnap-error'], 'RevisionFailed');
  const fn = await world.function('unmounted', 'is SecretNotFound', failed('SecretNotFound', 'RevisionReady'));
  assert.match(String(condition(fn, 'RevisionReady')?.message), /nowhere/);
});

test('an image that cannot be pulled fails the waiting request, and the status has its name', async () => {
  await using world = await system.world();
  const { metadata, apiVersion, kind } = manifest(world.namespace, 'unpullable', HELLO);
  const image = 'localhost:1/no/such:image';
  const url = await world.deploy({
    apiVersion,
    kind,
    metadata,
    spec: { image, scaling: { idleSeconds: 2, tryOnChange: false } },
  });
  const answer = await world.call(url);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'RevisionFailed');
  const fn = await world.function('unpullable', 'is ImagePullFailed', failed('ImagePullFailed', 'RevisionReady'));
  assert.match(String(condition(fn, 'RevisionReady')?.message), /no\/such/);
});

test('a quota that leaves no room fails the waiting request, and the status has its limit', async () => {
  await using world = await system.world();
  await world.quota('nothing', { pods: '0' });
  const url = await world.deploy(manifest(world.namespace, 'crowded', HELLO));
  const answer = await world.call(url);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-catnap-error'], 'RevisionFailed');
  const fn = await world.function('crowded', 'is QuotaExceeded', failed('QuotaExceeded', 'RevisionReady'));
  assert.match(String(condition(fn, 'RevisionReady')?.message), /quota/);
});

test('a pod that no node has room for: the condition says so while the request waits, which is told when its time is over', async () => {
  await using world = await system.world();
  const spec = { resources: { requests: { cpu: '10k' } }, queue: { timeoutSeconds: 5 } };
  const url = await world.deploy(manifest(world.namespace, 'huge', HELLO, spec));
  const call = world.call(url);
  const fn = await world.function(
    'huge',
    'is Unschedulable',
    (seen) => condition(seen, 'Ready')?.reason === 'Unschedulable',
  );
  assert.match(String(condition(fn, 'RevisionReady')?.message), /spec\.resources\.requests/);
  const answer = await call;
  assert.deepEqual([answer.status, answer.headers['x-catnap-error']], [503, 'QueueTimeout']);
  assert.match(JSON.parse(answer.text).message, /the cluster has no room for this function now/);
});

test('a request that takes too long gets 504 and its handler is told', async () => {
  await using world = await system.world();
  const source = `export default (_request: Request, context: { signal: AbortSignal }) =>
    new Promise((_resolve, reject) => context.signal.addEventListener('abort', () => { console.log('told'); reject(new Error('aborted')); }));`;
  const url = await world.deploy(manifest(world.namespace, 'late', source, { timeoutSeconds: 1, ...AWAKE }));
  const answer = await world.call(url);
  assert.equal(answer.status, 504, answer.text);
  assert.equal(answer.headers['x-catnap-error'], 'Timeout');
  const pod = String((await world.pods('late'))[0]?.metadata?.name);
  await eventually('the handler was told', async () =>
    (await world.kube.podLog(world.ref(pod), { signal: world.soon() })).includes('told'),
  );
});
