import { PEER_AUDIENCE } from '#api/names.ts';
import { CredentialFile } from '#platform/access/credential-file.ts';
import { type ClaimRules, readJwt } from '#platform/access/jwt.ts';
import { KeySet } from '#platform/access/key-set.ts';
import { TokenVerifier } from '#platform/access/token-verifier.ts';
import { Informer } from '#platform/informer/informer.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { ENDPOINT_SLICES } from '#platform/kube/resources.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import type { InformerMetrics } from '#platform/process/metrics.ts';
import type { Clock } from '#platform/time/clock.ts';
import { peerUrls } from './peer-urls.ts';
import { Peers } from './peers.ts';

/** What of the environment is about other activators; config.ts says what each means. */
interface PeerConfig {
  readonly CATNAP_PEER_TOKEN_FILE?: string | undefined;
  readonly CATNAP_SYSTEM_NAMESPACE?: string | undefined;
  readonly CATNAP_ACTIVATOR_SERVICE?: string | undefined;
  readonly CATNAP_PEER_URLS: readonly string[];
  readonly POD_UID?: string | undefined;
}

export interface PeerDeps {
  config: PeerConfig;
  clock: Clock;
  kube: KubeClient;
  log: Log;
  metrics: InformerMetrics;
  lifecycle: Lifecycle;
}

/** Where kube-apiserver shows the keys that service account tokens are signed with; every service account may read it. */
const KEY_SET_PATH = '/openid/v1/jwks';

/** Without a token of its own an activator neither looks for others nor lets any in. */
export function startPeers(deps: PeerDeps): Peers {
  const { config, clock, kube, log, lifecycle } = deps;
  const { CATNAP_PEER_TOKEN_FILE: tokenFile } = config;
  const own = tokenFile === undefined ? undefined : new CredentialFile(tokenFile);
  const token = async () => {
    if (own === undefined) throw new Error('there is no token for other activators: CATNAP_PEER_TOKEN_FILE is not set');
    return await own.read();
  };
  const load = () => kube.raw(KEY_SET_PATH, { signal: lifecycle.stopping });
  const verifier = new TokenVerifier(new KeySet({ load, nowMs: () => clock.nowMs() }));
  const rules = async () => rulesOf(await token());
  const peers = new Peers({ clock, log, verifier, rules, token, random: Math.random });
  lifecycle.onStop('peers', () => peers[Symbol.dispose]());
  if (own !== undefined) lookForPeers(peers, deps);
  return peers;
}

/** Peers run as the same service account: their tokens say what one's own says. Throws for a token that is none. */
function rulesOf(ownToken: string): ClaimRules {
  const { iss, sub } = readJwt(ownToken)?.claims ?? {};
  if (typeof iss !== 'string' || typeof sub !== 'string')
    throw new Error('the own token for peers is no JSON Web Token');
  return { issuer: iss, subject: sub, audience: PEER_AUDIENCE };
}

function lookForPeers(peers: Peers, { config, kube, log, metrics, lifecycle }: PeerDeps): void {
  const { CATNAP_SYSTEM_NAMESPACE: namespace, CATNAP_ACTIVATOR_SERVICE: service, CATNAP_PEER_URLS: known } = config;
  peers.setUrls(known);
  if (namespace === undefined || service === undefined) return;
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const slices = new Informer({ kube, resource: ENDPOINT_SLICES, namespace, labelSelector, log, metrics });
  lifecycle.onStop('watch of peers', () => slices[Symbol.asyncDispose]());
  slices.onChange(() => peers.setUrls([...new Set([...known, ...peerUrls(slices.list(), config.POD_UID)])]));
}
