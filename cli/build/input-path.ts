/** What is code by its name. */
export const CODE = /\.(?:[cm]?[jt]s|[jt]sx)$/;

/** The package that a file is of, by the last node_modules in its path; undefined: it is of none. Pure. */
export function packageOf(path: string): string | undefined {
  const parts = path.split('/');
  const at = parts.lastIndexOf('node_modules');
  const [first, second] = parts.slice(at + 1);
  if (at === -1 || first === undefined) return undefined;
  return first.startsWith('@') ? `${first}/${second}` : first;
}
