import { sameValue } from '../apply/compare-values.ts';
import type { Json, JsonObject } from '../kind-schema.ts';
import { ownValue } from '../own-value.ts';
import { RequestError } from '../request-error.ts';

const MOST_OPERATIONS = 10_000;

/** The patch is well-formed but does not fit the document; a real server does not say more. */
function doesNotFit(): RequestError {
  return new RequestError(422, 'Invalid', 'the server rejected our request due to an error in our request');
}
function undecodable(why: string): RequestError {
  return new RequestError(400, 'BadRequest', `error decoding patch: ${why}`);
}

interface Operation {
  op: string;
  path: string;
  from: string;
  value: Json | undefined;
}

/**
 * `document` with the operations of a JSON Patch (RFC 6902) done in order; all or none.
 * @throws RequestError 400 for what is no patch, 413 for too long a one, 422 for one that does not fit or whose test fails
 */
export function jsonPatch(document: Json, operations: Json): Json {
  if (!Array.isArray(operations))
    throw undecodable('json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp');
  if (operations.length > MOST_OPERATIONS) {
    const message = `The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${operations.length}`;
    throw new RequestError(413, 'RequestEntityTooLarge', message);
  }
  return operations.map(readOperation).reduce(perform, structuredClone(document));
}

function readOperation(operation: Json): Operation {
  if (typeof operation !== 'object' || operation === null || Array.isArray(operation))
    throw undecodable('json: cannot unmarshal into Go value of type handlers.jsonPatchOp');
  const { op, path, from, value } = operation as JsonObject;
  return { op: String(op), path: pointer(path), from: pointer(from), value: structuredClone(value) };
}
function pointer(value: Json | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw undecodable('json: cannot unmarshal into Go struct field of type string');
  return value;
}

function perform(document: Json, { op, path, from, value }: Operation): Json {
  const at = tokens(path);
  switch (op) {
    case 'add':
      return add(document, at, required(value));
    case 'replace':
      return replace(document, at, required(value));
    case 'remove':
      return remove(document, at);
    case 'move': {
      const moved = valueAt(document, tokens(from));
      return add(remove(document, tokens(from)), at, moved);
    }
    case 'copy':
      return add(document, at, structuredClone(valueAt(document, tokens(from))));
    case 'test':
      return test(document, at, value ?? null);
    default:
      throw doesNotFit();
  }
}

function required(value: Json | undefined): Json {
  if (value === undefined) throw doesNotFit();
  return value;
}

/** `/a~1b/0` → `['a/b', '0']`. */
function tokens(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw doesNotFit();
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function valueAt(document: Json, path: readonly string[]): Json {
  return path.reduce<Json>((value, token) => {
    const inside = Array.isArray(value) ? value[index(value, token, value.length - 1)] : ownValue(keyOf(value), token);
    if (inside === undefined) throw doesNotFit();
    return inside;
  }, document);
}
function keyOf(value: Json): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw doesNotFit();
  return value;
}
/** Index of an array item; negative ones count from the end. */
function index(array: readonly Json[], token: string, highest: number): number {
  if (!/^-?\d+$/.test(token)) throw doesNotFit();
  const given = Number(token);
  const position = given < 0 ? array.length + given : given;
  if (position < 0 || position > highest) throw doesNotFit();
  return position;
}

function parentAndToken(document: Json, path: readonly string[]): [Json, string] {
  return [valueAt(document, path.slice(0, -1)), path.at(-1) as string];
}

function add(document: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  const [parent, token] = parentAndToken(document, path);
  if (!Array.isArray(parent)) keyOf(parent)[token] = value;
  else if (token === '-') parent.push(value);
  else parent.splice(index(parent, token, parent.length), 0, value);
  return document;
}

function replace(document: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  valueAt(document, path);
  const [parent, token] = parentAndToken(document, path);
  if (Array.isArray(parent)) parent[index(parent, token, parent.length - 1)] = value;
  else keyOf(parent)[token] = value;
  return document;
}

function remove(document: Json, path: readonly string[]): Json {
  if (path.length === 0) throw doesNotFit();
  valueAt(document, path);
  const [parent, token] = parentAndToken(document, path);
  if (Array.isArray(parent)) parent.splice(index(parent, token, parent.length - 1), 1);
  else delete keyOf(parent)[token];
  return document;
}

/** A missing key is equal to null, as on a real server. */
function test(document: Json, path: readonly string[], value: Json): Json {
  const [parent, token] = path.length === 0 ? [document, ''] : parentAndToken(document, path);
  const isMissingKey = path.length > 0 && !Array.isArray(parent) && ownValue(keyOf(parent), token) === undefined;
  if (!sameValue(isMissingKey ? null : valueAt(document, path), value)) throw doesNotFit();
  return document;
}
