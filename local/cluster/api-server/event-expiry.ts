/** Events are news, not records: an hour after it was last seen, one is deleted. */
import type { Cluster } from './cluster.ts';
import { textOf } from './resources/fields.ts';

const KEPT_MS = 60 * 60_000;
const LOOKS_EVERY_MS = 60_000;

/** From now on; the returned function ends it. */
export function expireEvents(cluster: Cluster): () => void {
  const timer = setInterval(() => deleteOldEvents(cluster), LOOKS_EVERY_MS);
  return () => clearInterval(timer);
}

export function deleteOldEvents({ store, now }: Pick<Cluster, 'store' | 'now'>): void {
  for (const { object } of store.list('events', '')) {
    const seen = textOf(object, 'lastTimestamp') || textOf(object, 'eventTime');
    const atMs = Date.parse(seen || textOf(object.metadata, 'creationTimestamp'));
    const { namespace = '', name = '' } = object.metadata;
    if (now() - atMs > KEPT_MS) store.delete({ bucket: 'events', namespace, name });
  }
}
