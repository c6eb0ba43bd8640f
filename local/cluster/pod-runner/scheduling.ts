/** Whether a pod can run on the one node there is. Pure. */
import type { Pod } from '#platform/kube/resources.ts';
import type { ClaimProblem } from '../volumes/claimed-volumes.ts';
import { parseQuantity } from './quantity.ts';

export interface NodeFacts {
  name: string;
  labels: { [key: string]: string };
  /** Whole machine: cores, bytes. */
  cpu: number;
  memory: number;
}

/** Waits for a scheduler, and for the one that every cluster has. */
export function wantsNode(pod: Pod): boolean {
  const { nodeName = '', schedulerName = 'default-scheduler', schedulingGates = [] } = pod.spec ?? {};
  const pending = pod.metadata?.deletionTimestamp === undefined && pod.status?.phase !== 'Failed';
  return nodeName === '' && schedulerName === 'default-scheduler' && schedulingGates.length === 0 && pending;
}

/**
 * Why it does not fit, in the scheduler's words; undefined when it does. Each pod alone is held against the machine:
 * a laptop is shared by more than fits it on paper.
 * @param claims what is wrong with the claims that it names
 */
export function misfit(pod: Pod, node: NodeFacts, claims?: ClaimProblem): string | undefined {
  // Of what keeps a pod from any node, the scheduler finds no candidates to preempt, and says so in these two words.
  if (claims?.kind === 'pod') return `0/1 nodes are available: ${claims.why}. not found`;
  const selector = Object.entries(pod.spec?.nodeSelector ?? {});
  const why = !selector.every(([key, value]) => node.labels[key] === value)
    ? "1 node(s) didn't match Pod's node affinity/selector"
    : requested(pod, 'cpu') > node.cpu
      ? '1 Insufficient cpu'
      : requested(pod, 'memory') > node.memory
        ? '1 Insufficient memory'
        : undefined;
  if (why !== undefined) return unavailable(why, 'Preemption is not helpful for scheduling');
  return claims?.kind === 'node'
    ? unavailable(`1 ${claims.why}`, 'No preemption victims found for incoming pod')
    : undefined;
}

function unavailable(why: string, preemption: string): string {
  return `0/1 nodes are available: ${why}. preemption: 0/1 nodes are available: 1 ${preemption}.`;
}

function requested(pod: Pod, resource: string): number {
  const amounts = (pod.spec?.containers ?? []).map((container) =>
    parseQuantity(container.resources?.requests?.[resource] ?? 0),
  );
  return amounts.reduce((total, amount) => total + amount, 0);
}
