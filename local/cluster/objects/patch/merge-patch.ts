import type { Json, JsonObject } from '../kind-schema.ts';
import { ownValue } from '../own-value.ts';
import { RequestError } from '../request-error.ts';

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `document` with a JSON merge patch (RFC 7386): objects merge, null removes, all else replaces.
 * @throws RequestError 400 for a patch that is no object
 */
export function mergePatch(document: Json, patch: Json): Json {
  if (!isObject(patch))
    throw new RequestError(400, 'BadRequest', 'error decoding patch: json: cannot unmarshal into object');
  return merged(document, patch);
}

function merged(document: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return structuredClone(patch);
  const out: JsonObject = { ...(isObject(document) ? document : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merged(ownValue(out, key), value);
  }
  return out;
}
