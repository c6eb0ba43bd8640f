/** Identity of a pod template. Pure. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Deployment, ReplicaSet } from '#platform/kube/resources.ts';

export const TEMPLATE_HASH_LABEL = 'pod-template-hash';
type Template = NonNullable<Deployment['spec']>['template'];

/** No vowels and no look-alikes: the hash becomes part of names and must not spell words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Ten characters; equal templates give equal ones. `collisions` makes another one when the name was taken. */
export function templateHash(template: Template, collisions = 0): string {
  const digest = createHash('sha256').update(canonical(template)).update(`#${collisions}`).digest();
  return Array.from(digest.subarray(0, 10), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** The oldest of `sets` that was made from the Deployment's present template. */
export function newestSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = deployment.spec?.template;
  return sets
    .toSorted((a, b) => createdAt(a).localeCompare(createdAt(b)))
    .find((set) => isDeepStrictEqual(withoutHash(set.spec?.template), withoutHash(wanted)));
}

const createdAt = (set: ReplicaSet): string => set.metadata?.creationTimestamp ?? '';

function withoutHash(template: Template | undefined): unknown {
  if (template === undefined) return undefined;
  const { [TEMPLATE_HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  return JSON.parse(canonical({ ...template, metadata: { ...template.metadata, labels } }));
}

/** JSON with sorted keys; nulls count as absent. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    const entries = Object.entries(part).filter(([, child]) => child !== null && child !== undefined);
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
