import type { Deployment } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import type { ScaleChange } from './replica-plan.ts';

interface ReplicaWriterOptions {
  /** Fails with 409 when the Deployment has changed since. */
  setReplicas: (deployment: Deployment, replicas: number, signal: AbortSignal) => Promise<void>;
  log: Log;
}

/** What became of the changes: each is in one of them, unless its Deployment is not there. */
export interface WriteResult {
  done: readonly ScaleChange[];
  failed: readonly { change: ScaleChange; error: unknown }[];
}

/** Carries out what was planned, in its order: nothing else in the operator writes numbers of replicas, but for handing a new Deployment's over. */
export class ReplicaWriter {
  readonly #options: ReplicaWriterOptions;

  constructor(options: ReplicaWriterOptions) {
    this.#options = options;
  }

  /**
   * Never rejects: one that fails keeps no other from being written.
   * @param key of the function.
   * @param deployments those that the plan was made of, by revision: one that has changed since is refused.
   */
  async write(
    key: string,
    changes: readonly ScaleChange[],
    { deployments, signal }: { deployments: ReadonlyMap<string, Deployment>; signal: AbortSignal },
  ): Promise<WriteResult> {
    const done: ScaleChange[] = [];
    const failed: { change: ScaleChange; error: unknown }[] = [];
    for (const change of changes) {
      const deployment = deployments.get(change.revision);
      if (deployment === undefined) continue;
      try {
        await this.#options.setReplicas(deployment, change.replicas, signal);
        this.#options.log.info({ function: key, ...change }, 'scaled');
        done.push(change);
      } catch (error) {
        failed.push({ change, error });
      }
    }
    return { done, failed };
  }
}

/** Replicas asked for, by revision. */
export function replicasOf(deployments: ReadonlyMap<string, Deployment>): Map<string, number> {
  return new Map([...deployments].map(([name, { spec }]) => [name, spec?.replicas ?? 0]));
}

/** By the revision's name, which is theirs. */
export function byRevision(deployments: Iterable<Deployment>): Map<string, Deployment> {
  return new Map(Array.from(deployments, (deployment) => [deployment.metadata?.name ?? '', deployment]));
}
