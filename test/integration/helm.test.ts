/** The chart's whole life by Helm itself: install, its own test, upgrade, removal, and an install after that. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { SYSTEM_NAMESPACE } from '#api/names.ts';
import { LEASES } from '#platform/kube/resources.ts';
import { type ClusterTool, helm, runTool } from '#platform/testing/cluster-tools.ts';
import { uninstallChart } from '../../local/chart/install.ts';
import { CATNAP_CHART } from '../../local/chart/render.ts';
import { deployLocal } from '../support/deployed-local.ts';
import { eventually } from '../support/eventually.ts';
import { kubectlEnv } from '../support/kubectl.ts';

const RELEASE = 'catnap';
const RUN_MS = 120_000;
const signal = () => AbortSignal.timeout(RUN_MS);

const installed = helm('that helm installs, tests, upgrades and removes the chart');
if (installed !== undefined) suite(`helm ${installed.version}`, () => helmSuite(installed));

function helmSuite(tool: ClusterTool): void {
  test('install, test, upgrade and uninstall work, and the next install leads at once', async () => {
    await using system = await deployLocal();
    await uninstallChart({ kube: system.kube, signal: signal(), deadlineMs: 60_000 }, system.installed);
    await using values = await valuesFile(system.options.values ?? {});
    const run = async (...args: string[]) => {
      const env = kubectlEnv(system.kubeconfig);
      const all = [...args, '--namespace', SYSTEM_NAMESPACE];
      const { code, stdout, stderr } = await runTool(tool, all, { env, timeoutMs: RUN_MS });
      assert.equal(code, 0, `helm ${all.join(' ')}: ${stderr}${stdout}`);
      return stdout;
    };
    const leases = async () =>
      (await system.kube.listAll(LEASES, { namespace: SYSTEM_NAMESPACE, signal: signal() })).items;
    const files = [...(system.options.valuesFiles ?? []), values.path].flatMap((path) => ['--values', path]);
    const install = ['install', RELEASE, CATNAP_CHART, ...files, '--wait'];

    assert.match(await run(...install), /kubectl wait -n default --for=condition=Ready fn\/hello/);
    assert.match(await run('test', RELEASE), /Phase:\s+Succeeded/);
    await run('upgrade', RELEASE, CATNAP_CHART, '--reuse-values', '--set', 'operator.logLevel=debug', '--wait');
    await run('uninstall', RELEASE, '--wait');
    assert.deepEqual(await leases(), []);
    await run(...install);
    const lease = await eventually('one leads', async () => (await leases()).find(({ spec }) => spec?.holderIdentity));
    assert.equal(lease.spec?.leaseTransitions, 0, 'it was taken from nobody');
  });
}

async function valuesFile(values: object) {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-helm-'));
  const path = join(folder, 'values.json');
  await writeFile(path, JSON.stringify(values));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
