/** All that a pod's volumes need: objects, tokens, mounts of its own. */

import type { KubeClient } from '#platform/kube/client.ts';
import type { Pod } from '#platform/kube/resources.ts';
import { systemClock } from '#platform/time/clock.ts';
import { ACCOUNT_TOKENS } from '../controllers/kinds.ts';
import type { ClaimedVolumes } from '../volumes/claimed-volumes.ts';
import type { PodFacts } from './downward.ts';
import { findObjects, type ObjectSourcesDeps, volumeSources } from './object-sources.ts';
import type { MountPrefix } from './pod-context.ts';
import type { PodHosts } from './pod-hosts.ts';
import { type IssuedToken, PodTokens, tokenKey } from './pod-tokens.ts';
import { findIsolation, type Isolation, setUpVolumes } from './pod-volumes.ts';
import { type TokenWish, VolumeError, volumeReferences } from './volumes.ts';

interface VolumeSupplyDeps {
  objects: ObjectSourcesDeps;
  hosts: PodHosts;
  claimed: Pick<ClaimedVolumes, 'folder'>;
  /** The pod's files are to be written again: a token grows old. */
  due(pod: Pod): void;
}

export class VolumeSupply implements Disposable {
  readonly #deps: VolumeSupplyDeps;
  readonly #tokens: PodTokens;
  #isolation: Promise<Isolation> | undefined;

  constructor(deps: VolumeSupplyDeps) {
    this.#deps = deps;
    const { kube, signal } = deps.objects;
    this.#tokens = new PodTokens({
      request: (pod, wish) => requestToken(pod, wish, kube, signal),
      due: deps.due,
      clock: { nowMs: Date.now, after: systemClock.after },
    });
  }

  /** Writes the pod's volumes, new or as they are now. Throws a VolumeSetupError as long as one is not to be had. */
  async setUp(facts: PodFacts, podDir: string): Promise<MountPrefix> {
    const { objects, hosts, claimed } = this.#deps;
    const { metadata, spec } = facts.pod;
    const found = await findObjects(metadata?.namespace ?? '', volumeReferences(spec?.volumes ?? []), objects);
    const tokens = await this.#tokens.of(facts.pod);
    const token = (wish: TokenWish): string => {
      const issued = tokens.get(tokenKey(wish)) ?? new VolumeError('no such token was asked for');
      if (issued instanceof VolumeError) throw issued;
      return issued;
    };
    const isolation = (): Promise<Isolation> => {
      this.#isolation ??= findIsolation();
      return this.#isolation;
    };
    const claim = (name: string) => claimed.folder(metadata?.namespace ?? '', name);
    const sources = { ...volumeSources(found), token, claim };
    return await setUpVolumes({ facts, podDir, sources, isolation, hosts: () => hosts.add(facts.pod, podDir) });
  }

  /** The pod is gone. */
  forget(pod: Pod): void {
    this.#tokens.forget(pod);
    this.#deps.hosts.forget(pod);
  }

  [Symbol.dispose](): void {
    this.#tokens[Symbol.dispose]();
  }
}

async function requestToken(
  pod: Pod,
  { audience, expirationSeconds }: TokenWish,
  kube: KubeClient,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
  const answer = await kube.create(
    ACCOUNT_TOKENS,
    {
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { namespace, name: pod.spec?.serviceAccountName ?? 'default' },
      spec: {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
    { subresource: 'token', signal },
  );
  const { token = '', expirationTimestamp = '' } = answer.status ?? {};
  return { token, lifeMs: Date.parse(expirationTimestamp) - Date.now() };
}
