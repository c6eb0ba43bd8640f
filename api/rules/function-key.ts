/** `<namespace>/<name>`: how a Function is called wherever it is looked up, logged or shown. */
export function functionKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Namespace and name of the function. */
export function namesIn(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}
