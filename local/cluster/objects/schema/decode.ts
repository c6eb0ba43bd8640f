import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import type { Json } from '../kind-schema.ts';
import { RequestError } from '../request-error.ts';
import { duplicateKeys } from './duplicate-keys.ts';

interface Decoded {
  value: Json;
  /** `duplicate field "spec.x"` for each key that is there twice; the last one counts. */
  duplicates: string[];
}

/**
 * Reads the body of a request. YAML is read as Kubernetes does: version 1.1, without times of day and timestamps.
 * @throws RequestError 400 for what cannot be read
 */
export function decodeBody(text: string, mediaType: 'application/json' | 'application/yaml'): Decoded {
  const isYaml = mediaType === 'application/yaml' && !/^\s*[{[]/.test(text);
  return isYaml ? decodeYaml(text) : decodeJson(text);
}

function decodeJson(text: string): Decoded {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    const message = `couldn't get version/kind; json parse error: ${jsonMistake(text, error as Error)}`;
    throw new RequestError(400, 'BadRequest', message);
  }
  return { value, duplicates: duplicateKeys(text).map(duplicateField) };
}

function jsonMistake(text: string, { message }: Error): string {
  const character = /Unexpected token '(.)'/u.exec(message)?.[1];
  if (character === undefined) return `unexpected end of JSON input (${text.slice(0, 60)})`;
  return `invalid character '${character}' looking for beginning of value`;
}

function duplicateField(path: string): string {
  return `duplicate field ${JSON.stringify(path)}`;
}

/** Tags of YAML 1.1 that Kubernetes does not read: their texts stay strings. */
const STRINGS_HERE = new Set(['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:binary']);

function decodeYaml(text: string): Decoded {
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !(STRINGS_HERE.has(tag.tag) || tag.format === 'TIME')),
  });
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const line = mistake.linePos?.[0].line ?? 1;
    const why = mistake.message.split(' at line ')[0];
    throw new RequestError(400, 'BadRequest', `error converting YAML to JSON: yaml: line ${line}: ${why}`);
  }
  const duplicates: string[] = [];
  collectDuplicates(document.contents, '', duplicates);
  return { value: (document.toJS() ?? null) as Json, duplicates: duplicates.map(duplicateField) };
}

function collectDuplicates(node: Node | null, path: string, duplicates: string[]): void {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) collectDuplicates(item as Node, `${path}[${index}]`, duplicates);
    return;
  }
  if (!isMap(node)) return;
  const seen = new Set(['<<']);
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : String(key);
    const keyPath = path === '' ? name : `${path}.${name}`;
    if (seen.has(name) && name !== '<<') duplicates.push(keyPath);
    seen.add(name);
    collectDuplicates(value as Node | null, keyPath, duplicates);
  }
}
