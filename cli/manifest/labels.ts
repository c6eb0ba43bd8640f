import { GROUP } from '#api/names.ts';

/** `app.kubernetes.io/managed-by` of what the command line deployed, and its field manager. */
export const MANAGED_BY_CLI = 'catnap-cli';

export const CLI_LABEL = {
  /** On all that was deployed: which project it is of. */
  project: `${GROUP}/project`,
  /** On ConfigMaps: the Function that they are for. */
  function: `${GROUP}/deployed-function`,
  /** On a ConfigMap that remembers a deploy: its number, from 1. */
  deploy: `${GROUP}/deploy`,
} as const;

/** Annotation of a Function: what the record of its deploy of this number is known by. */
export function deployAnnotation(number: number): string {
  return `${CLI_LABEL.deploy}-${number}`;
}
