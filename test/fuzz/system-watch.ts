/** Operator and activator as they run in a cluster: whether one of them was started again, and what they said. */
import { SYSTEM_NAMESPACE } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { PODS, type Pod } from '#platform/kube/resources.ts';
import { notChecked } from '#platform/testing/not-checked.ts';
import { settings } from '../support/settings.ts';

const SOME_SECONDS = 30_000;
const COMPONENTS = 'app.kubernetes.io/component in (operator,activator)';

export class SystemWatch {
  readonly #kube: KubeClient;
  readonly #namespace: string;
  readonly #before: ReadonlyMap<string, number>;

  /** undefined, said in a line: Catnap does not run in pods of this cluster. */
  static async begin(kube: KubeClient): Promise<SystemWatch | undefined> {
    const { CATNAP_TEST_KUBECONFIG: real, CATNAP_TEST_SYSTEM_NAMESPACE: installed } = settings;
    if (real !== undefined && installed === undefined) {
      notChecked('restarts and logs of operator and activator, which run outside of the cluster');
      return undefined;
    }
    const namespace = installed ?? SYSTEM_NAMESPACE;
    const before = startsOf(await podsOf(kube, namespace));
    if (before.size === 0) throw new Error(`no pods of operator and activator in namespace ${namespace}`);
    return new SystemWatch(kube, namespace, before);
  }

  private constructor(kube: KubeClient, namespace: string, before: ReadonlyMap<string, number>) {
    this.#kube = kube;
    this.#namespace = namespace;
    this.#before = before;
  }

  /** A line for each container that ended, or was started again, since the beginning; empty: all of them run on. */
  async ended(): Promise<string[]> {
    const now = startsOf(await podsOf(this.#kube, this.#namespace));
    const ended = [...this.#before].filter(([container, restarts]) => now.get(container) !== restarts);
    return ended.map(
      ([container, restarts]) =>
        `${container} ended: started again ${now.get(container) ?? '?'} times, before ${restarts}`,
    );
  }

  /** All that their containers have said. */
  async logs(): Promise<string> {
    const signal = AbortSignal.timeout(SOME_SECONDS);
    const texts = (await podsOf(this.#kube, this.#namespace)).flatMap(({ metadata, spec }) =>
      (spec?.containers ?? []).map(({ name: container }) =>
        this.#kube.podLog({ namespace: this.#namespace, name: String(metadata?.name) }, { container, signal }),
      ),
    );
    return (await Promise.all(texts)).join('\n');
  }
}

async function podsOf(kube: KubeClient, namespace: string): Promise<Pod[]> {
  const signal = AbortSignal.timeout(SOME_SECONDS);
  return (await kube.listAll(PODS, { namespace, labelSelector: COMPONENTS, signal })).items;
}

/** How often each container was started again, by pod and name. */
function startsOf(pods: readonly Pod[]): Map<string, number> {
  return new Map(
    pods.flatMap(({ metadata, status }) =>
      (status?.containerStatuses ?? []).map(({ name, restartCount }) => [`${metadata?.name} (${name})`, restartCount]),
    ),
  );
}
