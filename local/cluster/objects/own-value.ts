import type { Json, JsonObject } from './kind-schema.ts';

/**
 * What `map` itself holds at a key that comes from outside; undefined: nothing. Keys such as `constructor` and `valueOf`
 * are as good as any other, and every object inherits something under them.
 */
export function ownValue(map: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
