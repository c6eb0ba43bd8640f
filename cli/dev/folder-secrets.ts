import type { KubeClient } from '#platform/kube/client.ts';
import { SECRETS, type Secret } from '#platform/kube/resources.ts';
import type { SecretFile } from './secret-files.ts';

const FIELD_MANAGER = 'catnap-dev';

/** The Secrets of a folder in a cluster that ends with the command: none is ever removed. */
export class FolderSecrets {
  /** As they were last written, by name. */
  readonly #written = new Map<string, string>();

  /** Returns the names of those that are new or changed. */
  async write(
    kube: Pick<KubeClient, 'apply'>,
    { secrets, namespace }: { secrets: readonly SecretFile[]; namespace: string },
    signal: AbortSignal,
  ): Promise<string[]> {
    const changed = secrets.filter(({ name, data }) => this.#written.get(name) !== JSON.stringify(data));
    for (const { name, data } of changed) {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data };
      await kube.apply(SECRETS, secret as unknown as Secret, { fieldManager: FIELD_MANAGER, signal });
      this.#written.set(name, JSON.stringify(data));
    }
    return changed.map(({ name }) => name);
  }
}
