/** The pod runner's settings from its environment. */
import { z } from 'zod';
import { CLUSTER_ACCESS_ENV } from '#platform/access/cluster-access.ts';
import { envFlag, envLogLevel, envPort } from '#platform/process/config.ts';
import { REALISM_ENV } from '../realism/realism.ts';
import type { LocalImages } from './images.ts';

const Command = z.array(z.string()).min(1);
const Folder = z.string().regex(/^\/.*[^/]$/);
const Image = z.union([
  Command.transform((command) => ({ command })),
  z.object({
    command: Command,
    root: z.record(Folder, Folder).optional(),
    env: z.record(z.string(), z.string()).optional(),
    addressVariable: z.string().optional(),
    ownAddress: z.boolean().optional(),
    ownFolder: z.boolean().optional(),
  }),
]);
const IMAGES = z.record(z.string(), Image);
const localImages = z.string().transform((text, ctx) => {
  try {
    return IMAGES.parse(JSON.parse(text));
  } catch {
    ctx.addIssue(
      'must be JSON: image names, each with a list of the program and its arguments, or with {"command": that list, "root": {"/folder in the image": "/folder here"}, "env": {"NAME": "value"}}',
    );
    return z.NEVER;
  }
});

export const Settings = z.object({
  ...CLUSTER_ACCESS_ENV,
  /** Folder for the pods' files and logs. Pods are adopted from it after a restart. */
  CLUSTER_DATA_DIR: z.string(),
  CLUSTER_NODE_NAME: z.string().default('local'),
  /** Where logs are served; 0: any free port, which the Node object tells. */
  CLUSTER_NODE_PORT: envPort.default(0),
  /**
   * What runs for images, as JSON: `{"team/thumbs:1": ["node", "thumbs.mjs"]}`; paths from where the pod runner was
   * started. Or `{"team/thumbs:1": {"command": ["node", "/srv/dist/thumbs.mjs"], "root": {"/app": "/srv/dist"}}}`: a
   * container's own command and arguments may then name files as they are called in the image. `"env"` is the image's.
   * `"ownFolder": true` runs it in a folder of its own that goes with the pod; `"ownAddress": true` says that it listens at
   * $HOST alone, and needs no port of its own in $PORT; `"addressVariable": "BIND"` gives it the pod's address in $BIND too.
   */
  CLUSTER_IMAGES: localImages.default({}),
  /** The setting by which users name more images, where they do not set this one themselves. */
  CLUSTER_IMAGES_SETTING: z.string().default('CLUSTER_IMAGES'),
  /**
   * Milliseconds from the sight of a pod's deletion to SIGTERM. 0: at once, and for deletions that the local controllers
   * make (scale-in, rollout, garbage) just before they ask for it, so that SIGTERM mostly comes first.
   */
  CLUSTER_SIGTERM_DELAY_MS: z.coerce.number().int().min(0).default(0),
  /** Whether a stop of the pod runner ends all pods, or leaves them to be adopted. */
  CLUSTER_STOP_PODS: envFlag.default(true),
  /** Longest that pods may take to end then, in milliseconds. */
  CLUSTER_STOP_PODS_WITHIN_MS: z.coerce.number().int().min(0).default(2_000),
  ...REALISM_ENV,
  CLUSTER_LOG_LEVEL: envLogLevel.default('info'),
});
export type Settings = z.infer<typeof Settings>;

export function localImagesOf(settings: Settings): LocalImages {
  return { byName: new Map(Object.entries(settings.CLUSTER_IMAGES)), setting: settings.CLUSTER_IMAGES_SETTING };
}
