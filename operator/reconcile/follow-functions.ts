import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { Priority } from '#platform/controller/due-keys.ts';
import type { WorkQueue } from '#platform/controller/work-queue.ts';
import type { Change } from '#platform/informer/object-cache.ts';
import type { ObjectView } from '#platform/informer/object-view.ts';

interface FunctionFollower {
  queue: Pick<WorkQueue, 'add' | 'start'>;
  onCame: (fn: FunctionObject) => void;
  onGone: (fn: FunctionObject) => void;
}

/**
 * Starts the queue with all Functions there are, the oldest first, for who asked for a route first shall have it; each
 * change of one is due from then on, before what is left of the start.
 */
export function followFunctions(
  functions: ObjectView<FunctionObject>,
  { queue, onCame, onGone }: FunctionFollower,
): void {
  for (const fn of functions.list().sort(byAge)) queue.add(keyOf(fn), 'low');
  queue.start();
  let following = false;
  functions.onChange((change) => {
    // A view reports those that are there already at once: each is due by now.
    if (!following) return;
    queue.add(keyOf(change.object), urgencyOf(change));
    if (change.type === 'added') onCame(change.object);
    if (change.type === 'deleted') onGone(change.object);
  });
  following = true;
}

/** A status is written by the operator itself: that it has is no news. */
export function urgencyOf(change: Change<FunctionObject>): Priority {
  if (change.type !== 'updated') return 'high';
  const { metadata: now } = change.object;
  const { metadata: before } = change.before;
  const isEdit = now.generation !== before.generation || now.deletionTimestamp !== before.deletionTimestamp;
  return isEdit ? 'high' : 'normal';
}

function byAge({ metadata: a }: FunctionObject, { metadata: b }: FunctionObject): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp ? -1 : 1;
  return functionKey(a.namespace, a.name) < functionKey(b.namespace, b.name) ? -1 : 1;
}

function keyOf({ metadata }: FunctionObject): string {
  return functionKey(metadata.namespace, metadata.name);
}
