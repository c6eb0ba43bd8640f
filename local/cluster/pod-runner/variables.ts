/** `$(NAME)` in a container's command, arguments and environment. Pure. */

/** Replaces what `values` knows; `$$` stands for one dollar, an unknown reference stays as it is written. */
export function expandVariables(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (match: string, name: string | undefined) => {
    if (name === undefined) return '$';
    return values.get(name) ?? match;
  });
}
