/** Helm itself: it finds nothing to complain about, and renders the same. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { type ClusterTool, helm } from '#platform/testing/cluster-tools.ts';
import { readDocuments } from '../../local/chart/go-yaml.ts';
import { CATNAP_CHART, type RenderOptions, renderNotes } from '../../local/chart/render.ts';
import { CASES, type Loose } from '../chart/rendered.ts';

const run = promisify(execFile);

const installed = helm('that it lints the chart and renders it as we do');
if (installed !== undefined) suite(`helm ${installed.version}`, () => helmSuite(installed));

function helmSuite({ path }: ClusterTool): void {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catnap-helm-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function valuesArguments({ valuesFiles = [], values = {} }: RenderOptions): Promise<string[]> {
    const path = join(folder, 'values.json');
    await writeFile(path, JSON.stringify(values));
    return [...valuesFiles, path].flatMap((file) => ['--values', file]);
  }

  for (const { name, options, objects } of CASES) {
    test(`${name}: lints, and is rendered as here`, async () => {
      const values = await valuesArguments(options);
      await run(path, ['lint', CATNAP_CHART, '--strict', '--namespace', options.namespace, ...values]);
      const { stdout } = await run(
        path,
        [
          'template',
          options.release,
          CATNAP_CHART,
          '--namespace',
          options.namespace,
          '--kube-version',
          '1.33.0',
          ...values,
        ],
        { maxBuffer: 16 * 1024 * 1024 },
      );
      assert.deepEqual(byName(readDocuments(stdout, 'helm template')), byName(objects));
    });

    test(`${name}: says the same of it`, async () => {
      const { release, namespace } = options;
      const dry = ['install', release, CATNAP_CHART, '--namespace', namespace, '--dry-run=client'];
      const { stdout } = await run(path, [...dry, ...(await valuesArguments(options))], { maxBuffer: 16 << 20 });
      assert.equal(stdout.split('\nNOTES:\n')[1]?.trim(), renderNotes(options).trim());
    });
  }

  test('numbers by --set, whole or with a fraction', async () => {
    const numbers = ['activator.drainQuietSeconds=0.5', 'activator.accessLog=0.25', 'operator.scrapeSeconds=1.5'];
    const whole = ['activator.drainSeconds=90', 'url.port=8443', 'activator.podDisruptionBudget.maxUnavailable=1'];
    const sets = [...numbers, ...whole].flatMap((one) => ['--set', one]);
    const { stdout } = await run(path, ['template', 'catnap', CATNAP_CHART, '--kube-version', '1.33.0', ...sets]);
    const variables = [...stdout.matchAll(/name: (\S+), value: "([\d.]+)"/g)].map(
      ([, name, value]) => `${name} ${value}`,
    );
    for (const told of ['DRAIN_QUIET_SECONDS 0.5', 'ACCESS_LOG 0.25', 'SCRAPE_SECONDS 1.5', 'DRAIN_SECONDS 90'])
      assert.ok(variables.includes(`CATNAP_${told}`), told);
  });

  test('a number out of range by --set is refused', async () => {
    for (const one of ['activator.drainQuietSeconds=60.5', 'activator.accessLog=1.5', 'operator.scrapeSeconds=0.0'])
      await assert.rejects(run(path, ['template', 'catnap', CATNAP_CHART, '--set', one]), /does not match pattern/);
  });
}

function byName(objects: readonly Loose[]): Record<string, Loose> {
  const entries = objects.map((one) => [
    `${one.apiVersion} ${one.kind} ${one.metadata.namespace ?? ''}/${one.metadata.name}`,
    one,
  ]);
  return Object.fromEntries(entries.toSorted());
}
