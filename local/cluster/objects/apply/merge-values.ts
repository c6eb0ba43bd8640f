import type { Json, JsonObject } from '../kind-schema.ts';
import { ownValue } from '../own-value.ts';
import { itemElement } from './list-items.ts';
import { asList, asMap, formOf, type MergeList, type MergeMap, type MergeType, typeUnder } from './merge-type.ts';

type Value = Json | undefined;

/**
 * `live` with what `config` says put over it; nothing is removed. Items of keyed lists and sets stay in the live order,
 * unless `config` orders them otherwise. Both are known to fit `type`.
 */
export function mergeValues(type: MergeType, live: Value, config: Value): Value {
  switch (formOf(type, config === undefined ? live : config)) {
    case 'scalar':
      return config === undefined ? live : config;
    case 'map':
      return mergeMaps(type.map as MergeMap, live, config);
    case 'list':
      return mergeLists(type.list as MergeList, live, config);
  }
}

function mergeMaps(type: MergeMap, live: Value, config: Value): Value {
  const left = asMap(live) ?? {};
  const right = asMap(config) ?? {};
  const bothEmpty = Object.keys(left).length === 0 && Object.keys(right).length === 0;
  if (type.atomic || bothEmpty) return config === undefined ? live : config;
  const out: JsonObject = {};
  for (const key of Object.keys({ ...left, ...right })) {
    const below = typeUnder(type, key);
    // A live field that the schema no longer has is not lost here; pruning is another step.
    const [mine, theirs] = [ownValue(left, key), ownValue(right, key)];
    const merged = below === undefined ? (theirs ?? mine) : mergeValues(below, mine, theirs);
    if (merged !== undefined) out[key] = merged;
  }
  return out;
}

function mergeLists(type: MergeList, live: Value, config: Value): Value {
  const left = asList(live) ?? [];
  const right = asList(config) ?? [];
  if (type.atomic || (left.length === 0 && right.length === 0)) return config === undefined ? live : config;
  return new ListMerge(type, left, right).run();
}

/** The order of a merged list: live items where they are, items of both in the order of the configuration. */
class ListMerge {
  readonly #type: MergeList;
  readonly #live: readonly Json[];
  readonly #liveElements: readonly string[];
  readonly #configElements: readonly string[];
  /** One live item by element; an element that comes twice has no single item to merge with. */
  readonly #liveItems = new Map<string, Json>();
  readonly #configItems = new Map<string, Json>();
  /** Elements in both, in the order of the configuration. */
  readonly #shared: string[];
  readonly #merged = new Set<string>();
  readonly #out: Json[] = [];

  constructor(type: MergeList, live: readonly Json[], config: readonly Json[]) {
    this.#type = type;
    this.#live = live;
    this.#liveElements = live.map((item) => itemElement(type, item));
    this.#configElements = config.map((item) => itemElement(type, item));
    for (const [i, element] of this.#liveElements.entries())
      this.#liveItems.set(element, this.#liveItems.has(element) ? null : (live[i] as Json));
    for (const [i, element] of this.#configElements.entries()) this.#configItems.set(element, config[i] as Json);
    this.#shared = this.#configElements.filter((element) => this.#liveItems.has(element));
  }

  run(): Json[] {
    let l = 0;
    let c = 0;
    while (l < this.#liveElements.length || c < this.#configElements.length) {
      const [fromLive, fromConfig] = this.#next(this.#liveElements[l], this.#configElements[c]);
      if (fromLive === 'take') this.#takeLive(l);
      if (fromConfig === 'take') this.#takeConfig(c++);
      if (fromLive !== 'stay') l++;
    }
    return this.#out;
  }

  /** What becomes of the next item of either side. */
  #next(
    live: string | undefined,
    config: string | undefined,
  ): [live: 'take' | 'skip' | 'stay', config: 'take' | 'stay'] {
    if (live === undefined) return ['stay', 'take'];
    if (!this.#configItems.has(live)) return ['take', 'stay'];
    if (this.#isLater(live, config)) return ['skip', 'stay'];
    if (this.#merged.has(live)) return ['skip', config === undefined ? 'stay' : 'take'];
    return [live === config ? 'skip' : 'stay', 'take'];
  }

  /** A shared item that the configuration has further down: it is taken when its turn comes. */
  #isLater(live: string, config: string | undefined): boolean {
    return config !== undefined && this.#shared[0] !== undefined && this.#shared[0] !== live;
  }

  #takeLive(index: number): void {
    this.#push(mergeValues(this.#type.element, this.#live[index], undefined));
  }

  #takeConfig(index: number): void {
    const element = this.#configElements[index] as string;
    this.#merged.add(element);
    if (this.#shared[0] === element) this.#shared.shift();
    const config = this.#configItems.get(element);
    this.#push(mergeValues(this.#type.element, this.#liveItems.get(element), config));
  }

  #push(item: Value): void {
    if (item !== undefined) this.#out.push(item);
  }
}
