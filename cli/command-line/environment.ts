import * as z from 'zod';
import { GATEWAY_SERVICE, SYSTEM_NAMESPACE } from '#api/names.ts';

/** What the command reads of its environment. */
export const Environment = z.object({
  /** Files separated by colons; default `~/.kube/config`. */
  KUBECONFIG: z.string().optional(),
  HOME: z.string().optional(),
  /** Namespace that Catnap is installed in. */
  CATNAP_SYSTEM_NAMESPACE: z.string().default(SYSTEM_NAMESPACE),
  /** The gateway's Service in it: `<release>-gateway` where Catnap was installed under another name. */
  CATNAP_GATEWAY_SERVICE: z.string().default(GATEWAY_SERVICE),
  /** Not empty: no colours, not even on a terminal. */
  NO_COLOR: z.string().optional(),
  /** The browser's command. */
  BROWSER: z.string().optional(),
  /** Of a desktop that could show a browser. */
  DISPLAY: z.string().optional(),
  WAYLAND_DISPLAY: z.string().optional(),
  WSL_DISTRO_NAME: z.string().optional(),
  PATH: z.string().default('/usr/bin:/bin'),
});
export type Environment = Readonly<z.infer<typeof Environment>>;
