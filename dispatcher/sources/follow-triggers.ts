import { GROUP, TRIGGER_KIND, TRIGGER_PLURAL, VERSION } from '#api/names.ts';
import { RequestIds } from '#api/request-id.ts';
import type { TriggerObject } from '#api/trigger.ts';
import type { ClusterAccess } from '#platform/access/credentials.ts';
import { viewObjects } from '#platform/informer/object-view.ts';
import { PackedJson } from '#platform/informer/packed-json.ts';
import { KubeClient } from '#platform/kube/client.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { KubeLease } from '#platform/leader/lease-store.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import type { InformerMetrics } from '#platform/process/metrics.ts';
import { systemClock } from '#platform/time/clock.ts';
import type { Store } from '../store/store.ts';
import { keepTrigger } from './kept-trigger.ts';
import { ScheduleTurns, type ScheduleTurnsOptions } from './schedule-turns.ts';
import { TriggerStatusWriter } from './trigger-status-writer.ts';
import { Triggers } from './triggers.ts';

/** Not from api/trigger.ts: that loads the schema, which nothing here needs. */
const TRIGGERS: Resource<TriggerObject> = {
  group: GROUP,
  version: VERSION,
  plural: TRIGGER_PLURAL,
  kind: TRIGGER_KIND,
  namespaced: true,
};
/** Each may hold 64 KiB of data. */
const PAGE = 100;

/** How the processes that share a store take turns: by a Lease. */
interface Turns {
  access: ClusterAccess;
  namespace: string;
  name: string;
  /** No two processes that run have the same. */
  identity: string;
}

interface FollowTriggersOptions {
  store: Pick<Store, 'enqueue' | 'cursors' | 'cancel' | 'entry'>;
  kube: KubeClient;
  functions: { uidOf(namespace: string, name: string): string | undefined; readonly synced: Promise<void> };
  /** Undefined: all. */
  namespaces: readonly string[] | undefined;
  enqueued: (uid: string) => void;
  /** Undefined: no other process works schedules. */
  turns?: Turns | undefined;
  log: Log;
  metrics: InformerMetrics;
  lifecycle: Lifecycle;
}

/** Knows the Triggers from now on, stores their runs as they fall due, and tells in their status how these went. */
export function followTriggers(options: FollowTriggersOptions): Triggers {
  const { kube, namespaces, log, metrics, lifecycle, functions } = options;
  const ids = new RequestIds();
  const triggers: Triggers = new Triggers({
    ...options,
    follows: (namespace) => namespaces?.includes(namespace) ?? true,
    clock: systemClock,
    nowMs: Date.now,
    requestId: () => ids.next(),
    changed: (uid, isUrgent) => statuses.add(uid, isUrgent),
  });
  const statuses: TriggerStatusWriter = new TriggerStatusWriter({
    ...{ kube, resource: TRIGGERS, clock: systemClock, nowMs: Date.now, log },
    standing: (uid) => triggers.standing(uid),
    refresh: (uid) => triggers.refresh(uid),
  });
  lifecycle.onStop('status of Triggers', () => statuses[Symbol.asyncDispose]());
  lifecycle.onStop('Triggers', () => triggers[Symbol.asyncDispose]());
  const keep = (trigger: TriggerObject) => keepTrigger(trigger) as unknown as TriggerObject;
  const packing = new PackedJson<TriggerObject>();
  const view = viewObjects({ kube, resource: TRIGGERS, keep, packing, pageSize: PAGE, log, metrics }, namespaces);
  lifecycle.onStop('watch of Triggers', () => view[Symbol.asyncDispose]());
  view.onChange((change) => {
    triggers.take(change as unknown as Parameters<Triggers['take']>[0]);
    if (change.type === 'deleted') statuses.forget(change.object.metadata.uid);
  });
  const begin = async (over: AbortSignal) => {
    await Promise.all([view.synced, functions.synced]);
    // Begun after its end it would work schedules beside the process whose turn it is, or a store that is closed.
    if (!over.aborted) await triggers.start();
  };
  if (options.turns === undefined) void begin(lifecycle.stopping);
  else takeTurns(options, options.turns, { begin, end: () => triggers.stop() });
  return triggers;
}

function takeTurns(
  { log, lifecycle }: FollowTriggersOptions,
  { access, namespace, name, identity }: Turns,
  when: Pick<ScheduleTurnsOptions, 'begin' | 'end'>,
): void {
  const kube = new KubeClient(access, { userAgent: 'catnap-dispatcher' });
  const lease = new KubeLease({ kube, namespace, name, log });
  const turns = new ScheduleTurns({ lease, identity, log, ...when });
  lifecycle.onStop('turn of schedules', async () => {
    await turns[Symbol.asyncDispose]();
    await lease[Symbol.asyncDispose]();
    await kube[Symbol.asyncDispose]();
  });
}
