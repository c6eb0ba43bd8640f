import { stringify } from 'yaml';

/** Objects as documents of one stream, as kubectl reads them. Pure. */
export function manifestYaml(objects: readonly object[]): string {
  return objects
    .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n')
    .trimEnd();
}
