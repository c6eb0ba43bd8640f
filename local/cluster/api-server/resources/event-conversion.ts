/** Events are kept as core/v1 has them and served as events.k8s.io/v1 too, under other field names. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import { isFields } from './fields.ts';

/** Served name → kept name. */
const RENAMED: readonly [string, string][] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['reportingController', 'reportingComponent'],
];

export const EVENT_CONVERSION = {
  served(kept: KubeObject): KubeObject {
    return convert(kept, 'events.k8s.io/v1', new Map(RENAMED.map(([served, name]) => [name, served])));
  },
  kept(served: KubeObject): KubeObject {
    return convert(served, 'v1', new Map(RENAMED));
  },
};

function convert(event: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  const entries = Object.entries(event).map(([name, value]) => [names.get(name) ?? name, value]);
  const converted: KubeObject = { ...Object.fromEntries(entries), apiVersion };
  const series = converted.series;
  if (isFields(series) && 'lastObservedTime' in series) converted.series = { ...series };
  return converted;
}
