/** As whom a pod runs, and the token by which it says so. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import type { Fields } from '../resources/fields.ts';
import { ensureFields, listOf, textOf } from '../resources/fields.ts';
import { forbidden } from '../status.ts';
import { generatedName } from '../write/metadata.ts';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** An hour, and seven seconds by which servers know that a pod did not ask for it itself. */
const TOKEN_SECONDS = 3_607;

/** Sets the account and, unless pod or account does not want it, mounts a token of it. Throws a 403. */
export function admitServiceAccount(call: Call, pod: KubeObject): void {
  const spec = ensureFields(pod, 'spec');
  const name = textOf(spec, 'serviceAccountName') || 'default';
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
  const account = accountOf(call, pod, name);
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec);
  const pullSecrets = listOf(account, 'imagePullSecrets');
  if (pullSecrets.length > 0 && listOf(spec, 'imagePullSecrets').length === 0) spec.imagePullSecrets = pullSecrets;
}

function accountOf(call: Call, pod: KubeObject, name: string): KubeObject {
  const { namespace } = call.request;
  const account = call.cluster.store.get({ bucket: 'serviceaccounts', namespace, name });
  if (account !== undefined) return account.object;
  const target = { ...targetOf(call), name: pod.metadata.name ?? '' };
  throw forbidden(
    target,
    `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  );
}

/** A container that mounts something else there keeps it. */
function mountToken(spec: Fields): void {
  const volumes = listOf(spec, 'volumes');
  const known = volumes.map((volume) => textOf(volume, 'name')).find((name) => name.startsWith(VOLUME_PREFIX));
  const name = known ?? generatedName(VOLUME_PREFIX);
  const without = [...listOf(spec, 'initContainers'), ...listOf(spec, 'containers')].filter(
    (container) => !listOf(container, 'volumeMounts').some((mount) => mount.mountPath === MOUNT_PATH),
  );
  for (const container of without) {
    const mount = { name, mountPath: MOUNT_PATH, readOnly: true };
    container.volumeMounts = [...listOf(container, 'volumeMounts'), mount];
  }
  if (known === undefined && without.length > 0) spec.volumes = [...volumes, tokenVolume(name)];
}

function tokenVolume(name: string): Fields {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  const sources = [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
  ];
  return { name, projected: { defaultMode: 0o644, sources } };
}
