import type { FunctionObject } from '#api/function.ts';
import { ANNOTATION, LABEL } from '#api/names.ts';
import type { TriggerObject } from '#api/trigger.ts';
import type { Deployment, KubeEvent } from '#platform/kube/resources.ts';

/** One revision, as its Deployment shows it. */
export interface RevisionView {
  name: string;
  /** Whether requests go there. */
  takesTraffic: boolean;
  isLatest: boolean;
  replicas: number;
  readyReplicas: number;
  /** RFC 3339. */
  madeAt: string;
  /** When a replica of it first answered; absent: none ever did. */
  answeredAt?: string;
}

/** Something that happened to the function. */
export interface EventView {
  type: string;
  reason: string;
  message: string;
  count: number;
  /** RFC 3339; empty: the event does not say. */
  lastAt: string;
}

/** All that is known of a function. What the caller may not read is `undefined`, and named in `unreadable`. */
export interface FunctionView {
  function: FunctionObject;
  /** Newest first. */
  revisions: readonly RevisionView[] | undefined;
  /** That call it. */
  triggers: readonly TriggerObject[] | undefined;
  /** Latest last. */
  events: readonly EventView[] | undefined;
  /** What was not to be read, and why; one sentence each. */
  unreadable: readonly string[];
}

/** Newest first. Pure. */
export function revisionsOf({ status }: FunctionObject, deployments: readonly Deployment[]): RevisionView[] {
  return deployments
    .map(({ metadata = {}, status: observed }) => {
      const name = metadata.labels?.[LABEL.revision] ?? metadata.name ?? '';
      const answeredAt = metadata.annotations?.[ANNOTATION.answeredAt];
      return {
        name,
        takesTraffic: name === status?.revision,
        isLatest: name === status?.latestRevision,
        replicas: observed?.replicas ?? 0,
        readyReplicas: observed?.readyReplicas ?? 0,
        madeAt: metadata.creationTimestamp ?? '',
        ...(answeredAt !== undefined && { answeredAt }),
      };
    })
    .sort((a, b) => (a.madeAt < b.madeAt ? 1 : -1));
}

/** Latest last, those of one moment as they come; the last `most` of them. Pure. */
export function eventsOf(events: readonly KubeEvent[], most: number): EventView[] {
  return events
    .map((event) => ({
      type: event.type ?? 'Normal',
      reason: event.reason ?? '',
      message: event.message ?? '',
      count: event.series?.count ?? event.count ?? 1,
      lastAt:
        event.series?.lastObservedTime ??
        event.lastTimestamp ??
        event.eventTime ??
        event.metadata.creationTimestamp ??
        '',
    }))
    .sort((a, b) => (Date.parse(a.lastAt) || 0) - (Date.parse(b.lastAt) || 0))
    .slice(-most);
}
