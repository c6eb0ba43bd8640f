import { createHash, randomUUID } from 'node:crypto';

/** JSON with the keys of every object in order and no `undefined`: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/** SHA-256 of the canonical JSON: 64 hex digits. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** The same of `{ ...value, [key]: Object.fromEntries(entries) }`, whose entries, sorted by name, come one by one. */
export async function contentHashOf(
  value: object,
  key: string,
  entries: AsyncIterable<readonly [string, unknown]>,
): Promise<string> {
  const gap = randomUUID();
  const [before = '', after = ''] = canonicalJson({ ...value, [key]: gap }).split(`"${gap}"`);
  const hash = createHash('sha256').update(before);
  let separator = '{';
  for await (const [name, content] of entries) {
    hash.update(`${separator}${JSON.stringify(name)}:${canonicalJson(content)}`);
    separator = ',';
  }
  return hash
    .update(separator === '{' ? '{}' : '}')
    .update(after)
    .digest('hex');
}
