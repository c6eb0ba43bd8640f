import { LABEL } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { PodLogs } from '#platform/pod-logs/pod-logs.ts';
import { StreamSlots } from '#platform/pod-logs/stream-slots.ts';
import { createLog } from '#platform/process/log.ts';
import type { FunctionNames, ShownLine } from './dev-cluster.ts';

interface PodLogsOptions {
  kube: KubeClient;
  /** Asked for each pod that is seen; namespaces that come later are not looked at. */
  functions: () => FunctionNames;
  shown: ShownLine;
  say: (line: string) => void;
}

/** Streams that are open at once. */
const MOST_STREAMS = 100;

/** Says what the pods of functions write, each followed from its first line for as long as it runs; ends when disposed. */
export function followPodLogs({ kube, functions, shown, say }: PodLogsOptions): AsyncDisposable {
  return new PodLogs({
    kube,
    log: createLog({ service: 'catnap-cli', level: 'silent' }),
    namespaces: [...functions().keys()],
    // Of all functions: a save may add some.
    labelSelector: LABEL.function,
    slots: new StreamSlots(MOST_STREAMS),
    sinkOf: ({ namespace, pod, labels }) => {
      // Of another's function, or of one by that name in another namespace.
      if (
        !functions()
          .get(namespace)
          ?.includes(labels[LABEL.function] ?? '')
      )
        return undefined;
      return {
        line: ({ text }) => {
          const line = shown(text, { name: pod, namespace });
          if (line !== undefined) say(line);
        },
      };
    },
  });
}
