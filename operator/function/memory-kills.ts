import { memoryLimit } from '#api/rules/start-failure.ts';
import type { Pod } from '#platform/kube/resources.ts';

/** What begins each line of memoryKills: by it an Event is made of a new one. */
const KILLED = /^pod \S+ was killed for using more memory /;

/** A line for each container whose last end was for want of memory: pod, limit, when, what to do. */
export function memoryKills(pod: Pod): string[] {
  return (pod.status?.containerStatuses ?? []).flatMap(({ name, state, lastState }) => {
    const last = state?.terminated ?? lastState?.terminated;
    if (last?.reason !== 'OOMKilled') return [];
    const limit = memoryLimit(pod, name);
    const than = limit === undefined ? 'than its node had' : `than its limit of ${limit}`;
    const when = last.finishedAt === undefined ? '' : ` at ${new Date(last.finishedAt).toISOString()}`;
    return `pod ${pod.metadata?.name} was killed for using more memory ${than}${when}; raise spec.resources.limits.memory`;
  });
}

/** The lines of memoryKills in one condition's message that are not in the one before. */
export function newMemoryKills(before: string, after: string): string[] {
  const known = new Set(before.split('\n'));
  return after.split('\n').filter((line) => KILLED.test(line) && !known.has(line));
}
