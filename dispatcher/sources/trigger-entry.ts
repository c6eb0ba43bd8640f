import type { StoredRequest } from '#api/invocations.ts';
import { GROUP, TRIGGER_PLURAL, VERSION } from '#api/names.ts';
import type { NewEntry, Owner } from '../store/store.ts';

/** A run of a Trigger that is to be stored. Times are milliseconds since 1970. */
export interface TriggerRun {
  id: string;
  trigger: { uid: string; namespace: string; name: string };
  /** The function that is called. */
  owner: Owner;
  /** When it was due, or was asked for. */
  timeMs: number;
  notBeforeMs: number;
  /** Runs of the Trigger are to follow each other. */
  isOrdered: boolean;
  /** JSON; undefined: `{}`. */
  data: string | undefined;
  requestId: string;
}

/** Of the run that is due then. */
export function tickId({ namespace, name }: { namespace: string; name: string }, dueMs: number): string {
  return `${namespace}/${name}@${rfc3339(dueMs)}`;
}

/** In UTC, to the second. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A CloudEvent 1.0 in binary mode. */
export function triggerEntry({
  id,
  trigger,
  owner,
  timeMs,
  notBeforeMs,
  isOrdered,
  data = '{}',
  requestId,
}: TriggerRun): NewEntry {
  const body = Buffer.from(data);
  const { namespace, name } = trigger;
  const head: StoredRequest = {
    method: 'POST',
    path: '/',
    headers: [
      ...['host', `${owner.name}.${owner.namespace}`],
      ...['content-type', 'application/json', 'content-length', String(body.byteLength)],
      ...['ce-specversion', '1.0', 'ce-id', id, 'ce-type', `dev.catnap.trigger.cron`, 'ce-time', rfc3339(timeMs)],
      ...['ce-source', `/apis/${GROUP}/${VERSION}/namespaces/${namespace}/${TRIGGER_PLURAL}/${name}`],
    ],
    requestId,
  };
  return {
    id,
    owner,
    orderingKey: isOrdered ? `trigger:${trigger.uid}` : undefined,
    notBeforeMs,
    head: Buffer.from(JSON.stringify(head)),
    body,
  };
}
