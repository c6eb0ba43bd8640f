import { LABEL } from '#api/names.ts';
import { isKubeError, type KubeError } from '#platform/kube/error.ts';
import { DEPLOYMENTS, EVENTS } from '#platform/kube/resources.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { adviceFor } from '../describe/advice.ts';
import { describeText } from '../describe/describe-text.ts';
import { eventsOf, type FunctionView, revisionsOf } from '../describe/function-view.ts';
import { triggersOf } from '../triggers/trigger-client.ts';
import { requireFunction } from './no-such-function.ts';

/** Events are kept for an hour, and a function that fails all the time makes many of them. */
const MOST_EVENTS = 20;

/** `catnap describe`. */
export async function describe(context: CommandContext, name: string, options: { namespace?: string }): Promise<void> {
  const cluster = await context.cluster();
  const view = await viewOf(cluster, name, context.signal);
  const option = options.namespace === undefined ? '' : ` -n ${cluster.namespace}`;
  const advice = adviceFor(view.function, { option, systemNamespace: cluster.systemNamespace });
  context.output.result({ ...view, advice }, () => describeText(view, advice, Date.now()));
}

async function viewOf({ kube, namespace }: Cluster, name: string, signal: AbortSignal): Promise<FunctionView> {
  const object = await requireFunction(name, { kube, namespace, signal });
  const unreadable: string[] = [];
  const where = { namespace, signal };
  const [deployments, triggers, events] = await Promise.all([
    readable(kube.listAll(DEPLOYMENTS, { ...where, labelSelector: `${LABEL.function}=${name}` }), unreadable),
    readable(triggersOf(name, { kube, ...where }), unreadable),
    readable(
      kube.listAll(EVENTS, { ...where, fieldSelector: `involvedObject.uid=${object.metadata.uid}` }),
      unreadable,
    ),
  ]);
  return {
    function: object,
    revisions: deployments && revisionsOf(object, deployments.items),
    triggers,
    events: events && eventsOf(events.items, MOST_EVENTS),
    unreadable,
  };
}

/** What the caller may not see is left out, and said to be. */
async function readable<T>(answer: Promise<T>, unreadable: string[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!isKubeError(error, 403)) throw error;
    unreadable.push((error as KubeError).message);
    return undefined;
  }
}
