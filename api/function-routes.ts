import * as z from 'zod';
import { ROUTES_MAX } from './names.ts';
import { WRONG_PREFIXES } from './rules/route.ts';
import { DNS_SUBDOMAIN, rules } from './schema-nodes.ts';

const Route = z.object({
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(DNS_SUBDOMAIN)
    .meta({ description: 'A host name, lower case, without a port.' }),
  pathPrefix: z
    .string()
    .max(1024)
    .regex(/^\/[-A-Za-z0-9._~%!$&'()*+,;=:@/]*$/)
    // No default: inside a list it would be part of what is stored, and each apply of a manifest without it a change.
    .optional()
    .meta({
      description:
        'Paths equal to it or below it; kept, not stripped. The longest one wins; a slash at its end makes no difference. Absent: all paths.',
      ...rules(
        ...WRONG_PREFIXES.map(({ pattern, message }) => ({
          rule: `!self.matches('${pattern}')`,
          message: `a path prefix that ${message}`,
        })),
      ),
    }),
});

/** Addresses that a function asks for. */
export const Routes = z.array(Route).max(ROUTES_MAX).meta({
  description:
    'Addresses besides http://<name>.<namespace>.<domain> and <gateway>/fn/<namespace>/<name>/. status.routes says which of them lead here.',
  'x-kubernetes-list-type': 'atomic',
});
