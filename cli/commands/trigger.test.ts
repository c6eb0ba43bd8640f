import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandContext } from '../command-line/command-context.ts';
import { mistakeIn, trigger } from './trigger.ts';

test('words that do not go together are a mistake that says which do', () => {
  assert.equal(mistakeIn({ action: 'list', name: undefined }, { allNamespaces: true }), undefined);
  assert.equal(mistakeIn({ action: 'run', name: 'nightly' }, { wait: true }), undefined);
  assert.match(String(mistakeIn({ action: 'list', name: 'nightly' }, {})), /catnap trigger show/);
  assert.match(String(mistakeIn({ action: 'run', name: undefined }, {})), /which one\? catnap trigger run/);
  assert.match(String(mistakeIn({ action: 'show', name: 'nightly' }, { wait: true })), /--wait is for run/);
  assert.match(String(mistakeIn({ action: 'show', name: 'nightly' }, { allNamespaces: true })), /is for a list/);
});

/** A cluster that answers each look with the next of these histories, of the run that was asked for. */
function looking(states: readonly (string | undefined)[]) {
  const said: unknown[] = [];
  let annotation = '';
  let looks = 0;
  const object = (state: string | undefined) => {
    const run = { id: `shop/nightly@run-${annotation}`, time: 'x', state, attempts: 1, note: 'it answered 500' };
    const metadata = { name: 'nightly', namespace: 'shop', generation: 1 };
    return { metadata, spec: { function: 'report' }, status: { history: state === undefined ? [] : [run] } };
  };
  const kube = {
    get: async () => object(annotation === '' ? undefined : states[Math.min(looks++, states.length - 1)]),
    patch: async (_kind: object, _ref: object, { body }: { body: { metadata: { annotations: object } } }) => {
      annotation = Object.values(body.metadata.annotations)[0] as string;
      return object(undefined);
    },
  };
  const context = {
    signal: new AbortController().signal,
    cluster: async () => ({ kube, namespace: 'shop' }),
    output: { result: (value: unknown, text: () => string) => said.push(value, text()) },
  } as unknown as CommandContext;
  return { context, said, annotation: () => annotation };
}

const RUN = { action: 'run', name: 'nightly' } as const;

test('run asks by a value of its own each time, and says by which id the run is found', async () => {
  const { context, said, annotation } = looking([undefined]);
  await trigger(context, RUN, { timeout: 1 });
  const first = annotation();
  assert.deepEqual(said[0], { id: `shop/nightly@run-${first}`, function: 'report' });
  await trigger(context, RUN, { timeout: 1 });
  assert.notEqual(annotation(), first);
});

test('run --wait ends as the run does', async () => {
  const done = looking([undefined, 'running', 'done']);
  await trigger(done.context, RUN, { wait: true, timeout: 60 });
  assert.match(String(done.said[1]), /^shop\/nightly@run-\S+ is done: it answered 500$/);
  const buried = looking(['buried']);
  await assert.rejects(trigger(buried.context, RUN, { wait: true, timeout: 60 }), { exitCode: 1 });
});

test('run --wait says what it knows when its time is up', async () => {
  const timeUp = (states: (string | undefined)[]) => trigger(looking(states).context, RUN, { wait: true, timeout: 0 });
  await assert.rejects(timeUp(['waiting']), /has not ended in 0 s; it is waiting/);
  await assert.rejects(timeUp([undefined]), /has said nothing of it: does it run\?/);
});
