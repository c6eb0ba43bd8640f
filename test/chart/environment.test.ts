/** The environment that the chart gives is one that the programs understand. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ActivatorConfig } from '../../activator/config.ts';
import { DispatcherConfig } from '../../dispatcher/config.ts';
import { LogKeeperEnv } from '../../log-keeper/config.ts';
import { OperatorEnv } from '../../operator/config.ts';
import { JobEnv } from '../../operator/jobs/job.ts';
import { readConfig } from '../../platform/process/config.ts';
import { CASES, type Loose, podsOf, the } from './rendered.ts';

const SCHEMAS = { operator: OperatorEnv, activator: ActivatorConfig, logs: LogKeeperEnv, dispatcher: DispatcherConfig };
/** Given by a case of the matrix, for Node. */
const EXTRA = ['NODE_EXTRA_CA_CERTS'];

test('the bundler is given what its script asks for', () => {
  const script = readFileSync(join(import.meta.dirname, '../../operator/source/bundler/serve.sh'), 'utf8');
  const asked = new Set([...script.matchAll(/\$\{?(CATNAP_BUNDLER_\w+)/g)].map((match) => match[1]));
  // Set by an operator that starts it itself.
  for (const own of ['CATNAP_BUNDLER_STDIN', 'CATNAP_BUNDLER_ONE']) asked.delete(own);
  for (const { objects } of CASES) {
    const [, bundler] = the(objects, 'Deployment', '-operator').spec.template.spec.containers;
    assert.deepEqual(new Set(bundler.env.map((one: Loose) => one.name)), asked);
  }
});

for (const { name, objects } of CASES) {
  test(`${name}: every variable is one that the program knows, with a value that it takes, and there once`, () => {
    for (const { of, spec } of podsOf(objects)) {
      const [container] = spec.containers;
      const schema = SCHEMAS[container.name as keyof typeof SCHEMAS] ?? JobEnv;
      const given = container.env.filter((one: Loose) => !EXTRA.includes(one.name));
      const names: string[] = given.map((one: Loose) => one.name);
      assert.deepEqual(names, [...new Set(names)], of.metadata.name);
      assert.deepEqual(
        names.filter((one) => !(one in schema.shape)),
        [],
        of.metadata.name,
      );
      const env = Object.fromEntries(given.map((one: Loose) => [one.name, one.value ?? 'set-by-kubelet']));
      assert.doesNotThrow(() => readConfig(schema, env), of.metadata.name);
    }
  });
}
