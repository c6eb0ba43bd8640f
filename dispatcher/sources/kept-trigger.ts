import { ANNOTATION } from '#api/names.ts';
import type { TriggerObject, TriggerSpec } from '#api/trigger.ts';
import type { TriggerStatus } from '#api/trigger-status.ts';

/** What is kept in memory of a Trigger. */
export interface KeptTrigger {
  metadata: Pick<TriggerObject['metadata'], 'uid' | 'namespace' | 'name' | 'resourceVersion' | 'generation'> & {
    /** RFC 3339. */
    creationTimestamp?: string | undefined;
    deletionTimestamp?: string | undefined;
    annotations?: Record<string, string> | undefined;
  };
  spec: KeptSpec;
  status?: TriggerStatus | undefined;
}

/** As an object may have it that no schema has filled in. `data` is JSON already. */
interface KeptSpec extends Pick<TriggerSpec, 'function' | 'suspend'> {
  source: { cron?: Partial<NonNullable<TriggerSpec['source']['cron']>> | undefined };
  retry?: Partial<TriggerSpec['retry']> | undefined;
  onSuccess?: TriggerSpec['onSuccess'];
  onFailure?: TriggerSpec['onFailure'];
  /** Undefined: there is none, or it is too large. */
  data: string | undefined;
  dataIsTooLarge: boolean;
}

/** Of `spec.data` as JSON. */
const MOST_DATA_BYTES = 65_536;

export function keepTrigger({ metadata, spec, status }: TriggerObject): KeptTrigger {
  const { uid, namespace, name, resourceVersion, generation, creationTimestamp, deletionTimestamp } = metadata;
  const runNow = metadata.annotations?.[ANNOTATION.runNow];
  const json = spec.data === undefined ? undefined : JSON.stringify(spec.data);
  const dataIsTooLarge = json !== undefined && Buffer.byteLength(json) > MOST_DATA_BYTES;
  return {
    metadata: {
      ...{ uid, namespace, name, resourceVersion, generation, creationTimestamp, deletionTimestamp },
      annotations: runNow === undefined ? undefined : { [ANNOTATION.runNow]: runNow },
    },
    spec: {
      function: spec.function,
      source: { cron: spec.source?.cron },
      retry: spec.retry,
      onSuccess: spec.onSuccess,
      onFailure: spec.onFailure,
      suspend: spec.suspend === true,
      data: dataIsTooLarge ? undefined : json,
      dataIsTooLarge,
    },
    status,
  };
}

/** The value of the annotation that asks for a run; undefined: there is none. */
export function runNowOf({ metadata }: KeptTrigger): string | undefined {
  return metadata.annotations?.[ANNOTATION.runNow];
}
