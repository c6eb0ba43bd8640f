import type { SecurityContext } from '#api/function-security.ts';
import type { Pod } from '#platform/kube/resources.ts';

type ContainerSecurity = NonNullable<NonNullable<Pod['spec']>['containers'][number]['securityContext']>;

const NO_MORE_RIGHTS = { allowPrivilegeEscalation: false };

/**
 * Rights of a function's container; what the author gave goes first. The code of a source needs none. An image may start as
 * root and step down by itself, for which it needs capabilities, so that they are taken away only from one that is said not
 * to run as root: then its pod fits the profile "restricted".
 */
export function containerSecurity(kind: 'source' | 'image', given: SecurityContext = {}): ContainerSecurity {
  const { capabilities, ...rest } = given;
  const base = kind === 'source' ? NO_MORE_RIGHTS : { ...NO_MORE_RIGHTS, seccompProfile: { type: 'RuntimeDefault' } };
  const needsNone = kind === 'source' || given.runAsNonRoot === true;
  const all = { ...(needsNone && { drop: ['ALL'] }), ...capabilities };
  return { ...base, ...rest, ...(Object.keys(all).length > 0 && { capabilities: all }) } as ContainerSecurity;
}

/** What to do about a pod that was refused for the rights it has, as a sentence that follows another; '': it was not that. */
export function securityAdvice(message: string): string {
  if (/violates PodSecurity "restricted/.test(message)) {
    return '. Set spec.securityContext.runAsNonRoot to true, and runAsUser to a number other than 0 where the image names no numeric USER';
  }
  if (/violates PodSecurity/.test(message)) return '. Ask for less in spec.securityContext';
  if (/runAsNonRoot/.test(message)) {
    return '. Set spec.securityContext.runAsUser to a number other than 0, or a numeric USER in the image';
  }
  return '';
}
