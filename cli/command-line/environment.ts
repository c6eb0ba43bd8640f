import * as z from 'zod';
import { SYSTEM_NAMESPACE } from '#api/names.ts';

/** What the command reads of its environment. */
export const Environment = z.object({
  /** Files separated by colons; default `~/.kube/config`. */
  KUBECONFIG: z.string().optional(),
  HOME: z.string().optional(),
  /** Namespace that Catnap is installed in. */
  CATNAP_SYSTEM_NAMESPACE: z.string().default(SYSTEM_NAMESPACE),
  /** Not empty: no colours, not even on a terminal. */
  NO_COLOR: z.string().optional(),
  PATH: z.string().default('/usr/bin:/bin'),
});
export type Environment = Readonly<z.infer<typeof Environment>>;
