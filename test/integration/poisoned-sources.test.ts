/** Sources that would compile for minutes, beside functions of others. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { API_VERSION, KIND } from '#api/names.ts';
import { NAMESPACES } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { Stage } from './operator-stage.ts';

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());
const { kube, signal } = stage;

/** Parsed again for each of its names. */
const poison = (mark: number) => `namespace ${'a.'.repeat(2_000)}b { export let x = ${mark} }`;

async function condition(namespace: string, name: string, type: string): Promise<string> {
  const fn = await kube.get<FunctionObject>(FUNCTIONS, { namespace, name }, { signal });
  const found = fn.status?.conditions?.find((one) => one.type === type);
  return `${found?.status} ${found?.reason} ${found?.message}`;
}

test('four of one namespace hold up neither an image nor a source of another, and are told so', {
  timeout: 60_000,
}, async () => {
  await stage.stopOperator();
  await stage.startOperator({ CATNAP_BUNDLER_CPU_SECONDS: '2' });
  await kube.apply(
    NAMESPACES,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
    { fieldManager: 'user', signal },
  );
  for (const mark of [1, 2, 3, 4]) await stage.apply(`poisoned-${mark}`, { source: { inline: poison(mark) } });
  await eventually('the first one is being compiled', async () =>
    (await condition('default', 'poisoned-1', 'SourceReady')).startsWith('Unknown Progressing'),
  );
  const startedMs = performance.now();
  const specs = {
    image: { image: 'registry.example.org/any:1', scaling: { tryOnChange: false } },
    good: { source: { inline: 'export default () => 1;' }, scaling: { tryOnChange: false } },
  };
  for (const [name, spec] of Object.entries(specs)) {
    const object = { apiVersion: API_VERSION, kind: KIND, metadata: { namespace: 'other', name }, spec };
    await kube.apply(FUNCTIONS, object as unknown as FunctionObject, { fieldManager: 'user', signal });
  }
  await eventually('the image is deployed', async () =>
    (await condition('other', 'image', 'Ready')).startsWith('True'),
  );
  assert.ok(performance.now() - startedMs < 2_000);
  // Behind one of them at the most.
  await eventually(
    'the source is compiled',
    async () => (await condition('other', 'good', 'Ready')).startsWith('True'),
    10_000,
  );
  assert.match(
    await condition('default', 'poisoned-4', 'SourceReady'),
    /^Unknown Progressing the source is being compiled/,
  );
  for (const mark of [1, 2, 3, 4]) {
    await eventually(
      `poisoned-${mark} is refused`,
      async () =>
        /^False CompileFailed .*more than 2 s of processor time/.test(
          await condition('default', `poisoned-${mark}`, 'Ready'),
        ),
      40_000,
    );
  }
});
