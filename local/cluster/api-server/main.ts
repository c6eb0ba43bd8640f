/** The API server of the local cluster, as a process. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '#platform/process/config.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import { runProcess } from '#platform/process/lifecycle.ts';
import { createLog } from '#platform/process/log.ts';
import { realismOf } from '../realism/realism.ts';
import type { Tokens, User } from './auth/users.ts';
import { parseTokens } from './auth/users.ts';
import { ApiServerConfig } from './config.ts';
import { identityIn } from './identity.ts';
import { kubeconfig, writeKubeconfig } from './kubeconfig.ts';
import { ApiServer } from './server.ts';

const config = readConfig(ApiServerConfig, process.env);
const log = createLog({ service: 'api-server', level: config.CLUSTER_LOG_LEVEL });
process.exit(await runProcess({ log, start }));

async function start(lifecycle: Lifecycle): Promise<void> {
  const dataDir = config.CLUSTER_DATA_DIR ?? (await temporaryFolder(lifecycle));
  const { CLUSTER_NAME: name, CLUSTER_API_PORT: port, CLUSTER_API_HOST: host } = config;
  const { token, certificate, signingKey } = await identityIn(dataDir, host);
  const tokens = new Map([...(await otherTokens()), [token, administrator(name)]]);
  const server = await ApiServer.start({
    name,
    dataDir,
    port,
    host,
    tokens,
    certificate,
    signingKey,
    auditLog: config.CLUSTER_AUDIT_LOG_FILE,
    realism: realismOf(config),
    log,
  });
  lifecycle.onStop('api server', () => server[Symbol.asyncDispose]());
  const url = `https://${server.authority}`;
  const path = config.CLUSTER_KUBECONFIG_FILE;
  if (path !== undefined) await writeKubeconfig(path, kubeconfig(name, { server: url, ca: certificate.cert, token }));
  log.info({ url, plainUrl: `http://${server.authority}`, dataDir }, 'api server listens');
}

function administrator(cluster: string): User {
  const name = `${cluster}-admin`;
  return { name, uid: name, groups: ['system:masters'] };
}

async function otherTokens(): Promise<Tokens> {
  const path = config.CLUSTER_API_TOKENS_FILE;
  return path === undefined ? new Map() : parseTokens(await readFile(path, 'utf8'));
}

async function temporaryFolder(lifecycle: Lifecycle): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  lifecycle.onStop('temporary data', () => rm(folder, { recursive: true, force: true }));
  return folder;
}
