/**
 * Facts about built-in models that client-node's generated classes do not carry: how lists merge and what Go's encoder
 * leaves out. One row per model, tokens `field` followed by any of
 *
 *     =set =map(key,…) =atomic    how server-side apply merges the field (`.=atomic`: the model itself, wherever used)
 *     @merge(key) @replace …      strategic merge patch: strategy and merge key
 *     %                           quantities
 *     ~                           a zero value ("", 0, false) is never kept
 *     +                           an empty list or map is kept
 *     !                           written when absent: as `{}`, a time as null
 */
import { ACCESS } from './facts/access.ts';
import { CORE_A_TO_K } from './facts/core-a-to-k.ts';
import { CORE_L_TO_Z } from './facts/core-l-to-z.ts';
import { MACHINERY } from './facts/machinery.ts';
import { NETWORK } from './facts/network.ts';
import { WORKLOADS } from './facts/workloads.ts';

export interface FieldFacts {
  listType?: 'set' | 'map' | 'atomic';
  mapKeys?: string[];
  patchStrategy?: string;
  patchMergeKey?: string;
  quantity: boolean;
  /** What Go's encoder does with an empty value; absent: an empty list or map is dropped, the rest kept. */
  whenEmpty?: 'drop' | 'keep' | 'write';
}
export interface ModelFacts {
  /** Package of the Go type, e.g. `io.k8s.api.core.v1`. */
  package: string;
  /** True: owned as one, wherever the model is used. */
  atomic: boolean;
  fields: ReadonlyMap<string, FieldFacts>;
}

const TOKEN =
  /^(?<field>[^=@%~+!]+)(?:=(?<list>set|map|atomic)(?:\((?<keys>[^)]*)\))?)?(?:@(?<strategy>[\w,]+)(?:\((?<mergeKey>\w+)\))?)?(?<quantity>%)?(?<empty>[~+!])?$/;
const WHEN_EMPTY = { '~': 'drop', '+': 'keep', '!': 'write' } as const;

function fieldFacts(token: string): [string, FieldFacts] {
  const parts = TOKEN.exec(token)?.groups;
  if (parts?.field === undefined) throw new Error(`unreadable fact "${token}"`);
  const facts: FieldFacts = { quantity: parts.quantity !== undefined };
  if (parts.list !== undefined) facts.listType = parts.list as 'set' | 'map' | 'atomic';
  if (parts.keys !== undefined) facts.mapKeys = parts.keys.split(',');
  if (parts.strategy !== undefined) facts.patchStrategy = parts.strategy;
  if (parts.mergeKey !== undefined) facts.patchMergeKey = parts.mergeKey;
  if (parts.empty !== undefined) facts.whenEmpty = WHEN_EMPTY[parts.empty as keyof typeof WHEN_EMPTY];
  return [parts.field, facts];
}

function modelFacts(packageName: string, row: string): ModelFacts {
  const fields = new Map(row.split(' ').filter(Boolean).map(fieldFacts));
  return { package: packageName, atomic: fields.get('.')?.listType === 'atomic', fields };
}

/** All facts, by client-node's model name (`V1Pod`). */
export function readFacts(): ReadonlyMap<string, ModelFacts> {
  const table = new Map<string, ModelFacts>();
  for (const part of [ACCESS, CORE_A_TO_K, CORE_L_TO_Z, MACHINERY, NETWORK, WORKLOADS]) {
    for (const [packageName, rows] of Object.entries(part)) {
      for (const [model, row] of Object.entries(rows)) table.set(model, modelFacts(packageName, row));
    }
  }
  return table;
}
