/** The examples of schedules: each is taken as it stands, and its function does what it says with what a run sends. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { TRIGGERS, type TriggerObject } from '#api/trigger.ts';
import type { Resource } from '#platform/kube/resources.ts';
import type { Manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();
const TRIGGER: Resource<TriggerObject> = TRIGGERS;
const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'schedules');

/** What the function answers to a run that was due then. */
const ANSWERS: Record<string, { due: string; answer: unknown }> = {
  'nightly.yaml': { due: '2026-03-31T03:00:00Z', answer: { removedBefore: '2026-03-01T03:00:00.000Z' } },
  // The night before, clocks went forward.
  'weekly-report.yaml': {
    due: '2026-03-30T06:00:00Z',
    answer: { report: '2026-03-23 to 2026-03-30', to: ['sales@shop.example.org'] },
  },
};

test('each example of a schedule is checked', () => {
  assert.deepEqual(readdirSync(EXAMPLES).sort(), Object.keys(ANSWERS).sort());
});

for (const [file, { due, answer }] of Object.entries(ANSWERS)) {
  test(`examples/schedules/${file} does what it says`, async () => {
    await using world = await system.world();
    const [fn, trigger] = parseAllDocuments(readFileSync(join(EXAMPLES, file), 'utf8')).map((one) => one.toJS());
    const url = await world.deploy({ ...fn, metadata: world.ref(fn.metadata.name) } as Manifest);
    const { spec } = await world.put(TRIGGER, { ...trigger, metadata: world.ref(trigger.metadata.name) });
    assert.equal(spec.function, fn.metadata.name);
    const answered = await world.call(url, {
      method: 'POST',
      headers: {
        'ce-specversion': '1.0',
        'ce-id': `${world.namespace}/${trigger.metadata.name}@${due}`,
        'ce-source': `/apis/catnap.dev/v1alpha1/namespaces/${world.namespace}/triggers/${trigger.metadata.name}`,
        'ce-type': 'dev.catnap.trigger.cron',
        'ce-time': due,
        'content-type': 'application/json',
      },
      body: JSON.stringify(spec.data),
    });
    assert.equal(answered.status, 200, answered.text);
    assert.deepEqual(JSON.parse(answered.text), answer);
  });
}
