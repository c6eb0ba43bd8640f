import * as z from 'zod';
import { rules } from './schema-nodes.ts';

/**
 * What Kubernetes' profile "baseline" lets a container add. No more may be named here: the operator makes the pod with rights
 * of its own, and a Function is not to reach further than the author of a Deployment where nothing is enforced.
 */
const CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
] as const;

/** Largest number of a user or a group. */
const ID_MAX = 2_147_483_647;

export const SecurityContext = z
  .object({
    runAsNonRoot: z.boolean().optional().meta({
      description:
        'The image runs as another user than root. With true the pod fits the profile "restricted"; the image has to name its USER as a number, or runAsUser has to be given.',
    }),
    runAsUser: z
      .int()
      .min(0)
      .max(ID_MAX)
      .optional()
      .meta({ description: 'Number of the user, instead of USER of the image.' }),
    runAsGroup: z.int().min(0).max(ID_MAX).optional().meta({ description: 'Number of the group.' }),
    readOnlyRootFilesystem: z
      .boolean()
      .optional()
      .meta({ description: 'Whether nothing can be written to the files of the image.' }),
    allowPrivilegeEscalation: z
      .boolean()
      .optional()
      .meta({ description: 'Whether a process may gain more rights than its parent, as by sudo; default: false.' }),
    capabilities: z
      .object({
        add: z
          .array(z.enum(CAPABILITIES))
          .max(CAPABILITIES.length)
          .optional()
          .meta({ description: 'Those to have besides.', 'x-kubernetes-list-type': 'atomic' }),
        drop: z
          .array(z.enum(['ALL', 'NET_RAW', ...CAPABILITIES]))
          .max(CAPABILITIES.length + 2)
          .optional()
          .meta({ description: 'Those to do without, or ALL.', 'x-kubernetes-list-type': 'atomic' }),
      })
      .optional()
      .meta({ description: 'Capabilities of the process; with runAsNonRoot and from source all are dropped.' }),
  })
  .meta({
    description:
      'Rights of the container, as in core/v1. Default: no more rights than it starts with, and the seccomp profile of the container runtime; from source "restricted" in all.',
    ...rules({
      rule: '!has(self.runAsNonRoot) || !self.runAsNonRoot || !has(self.runAsUser) || self.runAsUser != 0',
      message: 'runAsUser 0 is root, and runAsNonRoot is true',
    }),
  });

export type SecurityContext = z.infer<typeof SecurityContext>;
