import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { DNS_LABEL } from '#api/schema-nodes.ts';
import type { CommandContext } from '../command-line/command-context.ts';

/** Longest that a Tab waits. */
const LONGEST_MS = 1_000;

/**
 * What completion scripts ask: names of functions, a line each. Nothing where the cluster does not say them in time; never an error.
 * What is no name is left out: a shell puts it into the line that is being typed, and runs that.
 */
export async function completeFunctions(context: CommandContext): Promise<void> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LONGEST_MS)]);
  try {
    const { kube, namespace } = await context.cluster();
    const { items } = await kube.list<FunctionObject>(FUNCTIONS, { namespace, metadataOnly: true, signal });
    for (const { metadata } of items) if (DNS_LABEL.test(metadata.name)) context.output.line(metadata.name);
  } catch {}
}
