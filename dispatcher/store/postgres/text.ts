/** PostgreSQL's text has every character but NUL, which stands there as `\0`; a backslash stands as two. */
export function toSql(text: string): string;
export function toSql(text: string | undefined): string | null;
export function toSql(text: string | undefined): string | null {
  if (text === undefined) return null;
  return /[\\\0]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0') : text;
}

export function fromSql(text: string): string;
export function fromSql(text: string | null): string | undefined;
export function fromSql(text: string | null): string | undefined {
  return text?.replaceAll(/\\(.)/g, (_, sign: string) => (sign === '0' ? '\0' : sign));
}
