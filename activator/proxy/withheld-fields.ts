/**
 * Takes fields out, in place. In names, `_` counts as `-`, for what stands on CGI takes them for the same.
 * @param fields name, value, …
 * @param names in lower case
 */
export function takeOut(fields: string[], names: readonly string[]): void {
  let kept = 0;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (isAmong(fields[i] as string, names)) continue;
    if (kept < i) {
      fields[kept] = fields[i] as string;
      fields[kept + 1] = fields[i + 1] as string;
    }
    kept += 2;
  }
  fields.length = kept;
}

/** The lengths first: most names differ in them, and are not looked at any further. */
function isAmong(name: string, names: readonly string[]): boolean {
  for (const one of names) if (one.length === name.length && withDashes(name) === withDashes(one)) return true;
  return false;
}

function withDashes(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
