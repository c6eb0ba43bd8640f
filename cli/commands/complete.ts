import { FUNCTIONS } from '#api/function.ts';
import { DNS_LABEL } from '#api/schema-nodes.ts';
import { TRIGGERS } from '#api/trigger.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';
import type { CommandContext } from '../command-line/command-context.ts';

/** Longest that a Tab waits. */
const LONGEST_MS = 1_000;

const KINDS: Readonly<Record<string, Resource>> = { functions: FUNCTIONS, triggers: TRIGGERS };

/**
 * What completion scripts ask: names of functions or of triggers, a line each. Nothing where the cluster does not say them in time; never an error.
 * What is no name is left out: a shell puts it into the line that is being typed, and runs that.
 */
export async function completeNames(context: CommandContext, what: string): Promise<void> {
  const resource = Object.hasOwn(KINDS, what) ? KINDS[what] : undefined;
  if (resource === undefined) return;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LONGEST_MS)]);
  try {
    const { kube, namespace } = await context.cluster();
    const { items } = await kube.list<KubeObject>(resource, { namespace, metadataOnly: true, signal });
    const names = items.map(({ metadata }) => metadata?.name ?? '');
    for (const name of names) if (DNS_LABEL.test(name)) context.output.line(name);
  } catch {}
}
