/** Gives operator, activator, log keeper and dispatcher, where they are no pods, the accounts and rights that the chart gives them in a cluster. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DISPATCHER_AUDIENCE, GATEWAY_AUDIENCE } from '#api/invocations.ts';
import { ACTIVATOR_SERVICE, PEER_AUDIENCE, SYSTEM_NAMESPACE } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { NAMESPACES } from '#platform/kube/resources.ts';
import { serviceAccountToken } from '#platform/kube/service-account-token.ts';
import { ClusterObjects } from '../chart/cluster-objects.ts';
import { membersOf } from '../chart/manifests.ts';
import { renderChart } from '../chart/render.ts';
import type { Env } from './programs.ts';

type Program = 'operator' | 'activator' | 'logs' | 'dispatcher';

export interface Accounts {
  /** Environment that leads the process to the API server, in its own name. */
  operator: Env;
  activator: Env;
  /** Absent: no logs are kept. */
  logs?: Env;
  /** Absent: nothing is called but while somebody waits. */
  dispatcher?: Env;
}

const RELEASE = 'catnap';
/** Kinds that say who may do what; and where logs are read. */
const RIGHTS = /^(ConfigMap|ServiceAccount|(Cluster)?Role(Binding)?|ValidatingAdmissionPolicy(Binding)?)$/;
const OBJECT_MS = 10_000;
/** Longer than a cluster on someone's own machine is left running: nothing renews these tokens. */
const EXPIRATION_SECONDS = 30 * 24 * 60 * 60;

/** Applies what the chart has of accounts and rights, and writes a token for each process into `dataDir`. */
export async function giveAccounts(
  kube: KubeClient,
  { url, dataDir }: { url: string; dataDir: string },
  signal: AbortSignal,
): Promise<Accounts> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } };
  await kube.apply(NAMESPACES, namespace, { fieldManager: 'catnap-run', signal });
  const cluster = new ClusterObjects(kube, signal, OBJECT_MS);
  const members = membersOf(renderChart({ release: RELEASE, namespace: SYSTEM_NAMESPACE }));
  for (const { object } of members) if (RIGHTS.test(object.kind ?? '')) await cluster.apply(object);
  const tokenFile = async (program: Program, audience?: string): Promise<string> => {
    const file = join(dataDir, `${program}${audience === undefined ? '' : `-${audience}`}.token`);
    const account = { namespace: SYSTEM_NAMESPACE, name: `${RELEASE}-${program}` };
    const wish = { ...account, expirationSeconds: EXPIRATION_SECONDS, ...(audience !== undefined && { audience }) };
    const token = await serviceAccountToken(kube, wish, signal);
    await writeFile(file, token, { mode: 0o600 });
    return file;
  };
  const account = async (program: Program): Promise<Env> => ({
    CATNAP_API_URL: url,
    CATNAP_API_TOKEN_FILE: await tokenFile(program),
  });
  return {
    operator: await account('operator'),
    activator: {
      ...(await account('activator')),
      // There is one activator; who starts another one by hand names it in CATNAP_PEER_URLS.
      CATNAP_PEER_TOKEN_FILE: await tokenFile('activator', PEER_AUDIENCE),
      CATNAP_DISPATCHER_TOKEN_FILE: await tokenFile('activator', DISPATCHER_AUDIENCE),
      CATNAP_DISPATCHER_SUBJECT: subject('dispatcher'),
    },
    logs: await account('logs'),
    dispatcher: {
      ...(await account('dispatcher')),
      CATNAP_GATEWAY_TOKEN_FILE: await tokenFile('dispatcher', GATEWAY_AUDIENCE),
      CATNAP_ACTIVATOR_SUBJECT: subject('activator'),
      CATNAP_ACTIVATOR_SERVICE: ACTIVATOR_SERVICE,
      CATNAP_SYSTEM_NAMESPACE: SYSTEM_NAMESPACE,
    },
  };
}

/** As the API server calls the account. */
function subject(program: Program): string {
  return `system:serviceaccount:${SYSTEM_NAMESPACE}:${RELEASE}-${program}`;
}
