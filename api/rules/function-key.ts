/** `<namespace>/<name>`: how a Function is called wherever it is looked up, logged or shown. */
export function functionKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
