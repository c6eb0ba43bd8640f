import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { Priority } from '#platform/controller/due-keys.ts';
import type { WorkQueue } from '#platform/controller/work-queue.ts';
import type { Change, ObjectName } from '#platform/informer/object-cache.ts';
import { eachInTurns, type ObjectView } from '#platform/informer/object-view.ts';

interface FunctionFollower {
  queue: Pick<WorkQueue, 'add' | 'start'>;
  onCame: (fn: FunctionObject) => void;
  onGone: (fn: FunctionObject) => void;
}

interface Aged extends ObjectName {
  createdAt: string;
}

/**
 * Starts the queue with all Functions there are, the oldest first, for who asked for a route first shall have it; each
 * change of one is due from the call on, before what is left of the start. Resolves when the queue was started: Functions
 * are read in turns with what else the process does.
 */
export async function followFunctions(
  functions: ObjectView<FunctionObject>,
  { queue, onCame, onGone }: FunctionFollower,
): Promise<void> {
  functions.onNews((change) => {
    queue.add(keyOf(change.object.metadata), urgencyOf(change));
    if (change.type === 'added') onCame(change.object);
    if (change.type === 'deleted') onGone(change.object);
  });
  for (const name of await inOrderOfAge(functions)) queue.add(keyOf(name), 'low');
  queue.start();
}

/** The oldest first; those of one second by their key. */
async function inOrderOfAge(functions: ObjectView<FunctionObject>): Promise<Aged[]> {
  const all: Aged[] = [];
  for await (const { metadata } of eachInTurns(functions)) {
    all.push({ namespace: metadata.namespace, name: metadata.name, createdAt: metadata.creationTimestamp });
  }
  return all.sort(byAge);
}

/** A status is written by the operator itself: that it has is no news. */
export function urgencyOf(change: Change<FunctionObject>): Priority {
  if (change.type !== 'updated') return 'high';
  const { metadata: now } = change.object;
  const { metadata: before } = change.before;
  const isEdit = now.generation !== before.generation || now.deletionTimestamp !== before.deletionTimestamp;
  return isEdit ? 'high' : 'normal';
}

function byAge(a: Aged, b: Aged): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

function keyOf({ namespace, name }: ObjectName): string {
  return functionKey(namespace, name);
}
