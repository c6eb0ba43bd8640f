import { GROUP } from '#api/names.ts';

/** `app.kubernetes.io/managed-by` of what the command line deployed. */
export const MANAGED_BY_CLI = 'catnap-cli';

export const CLI_LABEL = {
  /** On all that was deployed: which project it is of. */
  project: `${GROUP}/project`,
  /** On ConfigMaps: the Function that they are for. */
  function: `${GROUP}/deployed-function`,
} as const;
