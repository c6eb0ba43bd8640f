import * as z from 'zod';
import { rules } from './schema-nodes.ts';

const LABELS = '[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?([.][a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*';
const PORT = '(:[1-9][0-9]{0,4})?';
/** `*`, an origin, or all below a domain of two labels at least. */
const ORIGIN = new RegExp(
  `^([*]|[a-z][-+.a-z0-9]*://(${LABELS}|\\[[0-9a-f:.]+\\])${PORT}|https?://[*][.]${LABELS}[.]${LABELS}${PORT})$`,
);
const headerNames = (description: string) =>
  z
    .array(
      z
        .string()
        .min(1)
        .max(128)
        .regex(/^[-A-Za-z0-9_!#$%&'*+.^`|~]+$/),
    )
    .max(64)
    .optional()
    .meta({ description, 'x-kubernetes-list-type': 'atomic' });

export const Cors = z
  .object({
    origins: z.array(z.string().min(1).max(253).regex(ORIGIN)).min(1).max(64).meta({
      description:
        'Origins whose pages may read answers: https://app.example.com, all below a domain as https://*.example.com (not the domain itself), or * for all, without credentials.',
      'x-kubernetes-list-type': 'atomic',
    }),
    methods: z
      .array(
        z
          .string()
          .min(1)
          .max(32)
          .regex(/^[A-Z]([-A-Z]*[A-Z])?$/),
      )
      .max(32)
      .optional()
      .meta({
        description: 'Methods that pages may use besides GET, HEAD and POST. Absent: all.',
        'x-kubernetes-list-type': 'atomic',
      }),
    headers: headerNames('Headers that pages may send besides those that any may. Absent: all.'),
    exposedHeaders: headerNames('Headers of answers that pages may read besides those that any may.'),
    credentials: z.boolean().optional().meta({
      description: 'Whether pages may send cookies and other credentials of their readers. Never with the origin *.',
    }),
    maxAgeSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(600)
      .meta({ description: 'How long browsers may keep the answer to a preflight, in seconds.' }),
  })
  .optional()
  .meta({
    description:
      'Which pages of other origins may read answers (CORS). The gateway answers preflights, which wake nothing, and adds Access-Control-… to answers in the place of those of the function.',
    ...rules({
      rule: "!has(self.credentials) || !self.credentials || !self.origins.exists(origin, origin == '*')",
      message: 'credentials need named origins: with * every page could ask in the name of its reader',
    }),
  });
