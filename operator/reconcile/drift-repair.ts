import { ANNOTATION } from '#api/names.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import { afterApply, type DriftState, driftDecision } from '../function/drift.ts';
import { desiredDigest, ownedDigest } from '../function/owned-fields.ts';
import { keptDigest } from '../watches/kept-children.ts';
import { applyDeployment, type Writer } from './apply-children.ts';

/** What became of a Deployment that may have drifted. */
interface PutBack {
  /** As it is now. */
  deployment: Deployment;
  /** It had been changed, and is as asked for again: what to tell. */
  note?: string;
  /** It has been changed too often to be put back at once: when to look again, in milliseconds. */
  againInMs?: number;
}

/** Puts Deployments back that others have changed. Remembers those alone that were not as asked for. */
export class DriftRepair {
  readonly #nowMs: () => number;
  /** By the Function's uid, then by the Deployment's name. */
  readonly #states = new Map<string, Map<string, DriftState>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** One that was made of another template, of an older version of the operator's, is left as it is. */
  async putBack(writer: Writer, desired: Deployment, current: Deployment): Promise<PutBack> {
    if (templateOf(current) !== templateOf(desired)) return { deployment: current };
    const { uid } = writer.fn.metadata;
    const name = desired.metadata?.name ?? '';
    const state = this.#states.get(uid)?.get(name);
    const asked = desiredDigest(desired);
    const nowMs = this.#nowMs();
    const { repair, againInMs } = driftDecision(state, { asked, live: digestOf(current), nowMs });
    if (!repair) return { deployment: current, ...(againInMs !== undefined && { againInMs }) };
    const deployment = await applyDeployment(writer, desired, current);
    const changed = deployment.metadata?.resourceVersion !== current.metadata?.resourceVersion;
    const next = afterApply(state, { asked, live: digestOf(deployment), nowMs }, changed);
    const states = this.#states.get(uid) ?? new Map<string, DriftState>();
    this.#states.set(uid, states.set(name, next));
    return changed ? { deployment, note: told(name, next.repairs) } : { deployment };
  }

  /** The function is gone. */
  forget(uid: string): void {
    this.#states.delete(uid);
  }
}

function templateOf(deployment: Deployment): string | undefined {
  return deployment.metadata?.annotations?.[ANNOTATION.templateHash];
}

function digestOf(deployment: Deployment): string {
  return keptDigest(deployment) ?? ownedDigest(deployment);
}

function told(name: string, repairs: number): string {
  const again = repairs > 1 ? `, ${repairs} times by now: something changes it again and again` : '';
  return `Deployment ${name} was changed by another than Catnap and is put back${again}. Change the Function instead`;
}
