/** What is done once, before, after or beside the operator: `node chores.mjs <task>`. */
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { readConfig } from '#platform/process/config.ts';
import { createLog } from '#platform/process/log.ts';
import { applyCrds } from './apply-crds.ts';
import { type Job, JobEnv } from './job.ts';
import { removeFunctions } from './remove-functions.ts';
import { smokeTest } from './smoke-test.ts';

const JOBS: Readonly<Record<string, Job>> = {
  'apply-crds': applyCrds,
  'remove-functions': removeFunctions,
  test: smokeTest,
};

const config = readConfig(JobEnv, process.env);
const log = createLog({ service: 'catnap-chores', level: config.CATNAP_LOG_LEVEL });
process.exitCode = await run(process.argv[2] ?? '');

/** 0: done; 1: failed; 2: there is no such task. */
async function run(task: string): Promise<number> {
  const job = JOBS[task];
  if (job === undefined) {
    log.error({ task, tasks: Object.keys(JOBS) }, 'no such task');
    return 2;
  }
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => stop.abort(new Error(`stopped by ${name}`)));
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(config.CATNAP_CHORE_SECONDS * 1_000)]);
  try {
    await using kube = new KubeClient(await clusterAccess(config), { userAgent: 'catnap-chores' });
    await job({ kube, config, log, signal });
    return 0;
  } catch (error) {
    log.error({ task, err: error }, 'task failed');
    return 1;
  }
}
