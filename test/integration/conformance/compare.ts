/** Answers of two API servers, made comparable: what differs from run to run is replaced by a placeholder. */
import { isDeepStrictEqual } from 'node:util';

/** Leaves of an answer by their paths (`.body.metadata.name`, `.body.items[0].kind`); empty lists and objects are leaves. */
type Leaves = ReadonlyMap<string, unknown>;

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const REVISION = /(too old resource version: 1 \()\d+|(current: )\d+/g;
const PLACEHOLDERS = new Set(['resourceVersion', 'continue']);

/** `answer` without what no two servers share. */
function leavesOf(answer: unknown): Leaves {
  const leaves = new Map<string, unknown>();
  collect(leaves, '.body', answer);
  return leaves;
}

function collect(leaves: Map<string, unknown>, path: string, value: unknown): void {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [`[${index}]`, item])
    : typeof value === 'object' && value !== null
      ? Object.entries(value).map(([name, item]) => [`.${name}`, item])
      : [];
  if (entries.length === 0) leaves.set(path, neutral(path, value));
  for (const [step, item] of entries) collect(leaves, path + step, item);
}

function neutral(path: string, value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value;
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (PLACEHOLDERS.has(name)) return `<${name}>`;
  if (/clusterIPs?(\[\d+\])?$/.test(path)) return '<clusterIP>';
  return value
    .replace(UUID, '<uid>')
    .replace(TIME, '<t>')
    .replace(REVISION, (_all, tooOld, current) => `${tooOld ?? current}<resourceVersion>`);
}

/** Paths at which two answers differ, but for those that match one of `ignored`. */
export function differences(actual: unknown, expected: unknown, ignored: readonly RegExp[]): string[] {
  const [ours, theirs] = [leavesOf(actual), leavesOf(expected)];
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .filter((path) => !ignored.some((pattern) => pattern.test(path)))
    .filter((path) => ours.has(path) !== theirs.has(path) || !isDeepStrictEqual(ours.get(path), theirs.get(path)));
}
