import * as z from 'zod';
import { DEFAULT_KEY_HEADER } from './rules/access-fault.ts';
import { rules } from './schema-nodes.ts';

const ApiKey = z.object({
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/)
    .meta({ description: 'Whose key it is; the function is told, and the log.' }),
  sha256: z
    .string()
    .length(64)
    .regex(/^[0-9a-f]{64}$/)
    .meta({
      description:
        'SHA-256 of the key, as 64 hex digits in lower case. The key has to be generated, from 128 random bits at least: all who may read the Function may try to guess it. 22 to 512 visible characters of ASCII.',
    }),
  expires: z
    .string()
    .max(40)
    .optional()
    .meta({ description: 'From when on it is refused, by RFC 3339, such as 2030-01-01T00:00:00Z. Absent: never.' }),
});

const WayIn = z.object({
  public: z
    .array(
      z
        .string()
        .min(1)
        .max(1024)
        .regex(/^\/([-A-Za-z0-9._~!$&'()*+,=:@]+(\/[-A-Za-z0-9._~!$&'()*+,=:@]+)*\/?)?$/),
    )
    .min(1)
    .max(64)
    .optional()
    .meta({
      description:
        'Path prefixes that are for everyone: paths equal to one or below it, as the function gets them. A path that two programs could read in two ways, such as /a/../b or /a%2Fb, is below none.',
      'x-kubernetes-list-type': 'atomic',
    }),
  apiKeys: z
    .array(ApiKey)
    .min(1)
    .max(256)
    .optional()
    .meta({
      description: 'Keys, each by its digest. The key itself never reaches the function, nor a log.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }),
  header: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$/)
    .optional()
    .meta({ description: `With apiKeys: the header that has the key. Absent: ${DEFAULT_KEY_HEADER}.` }),
});

export const Access = z
  .array(
    WayIn.meta(
      rules(
        {
          rule: '[has(self.public), has(self.apiKeys)].filter(there, there).size() == 1',
          message: 'give exactly one of public, apiKeys',
        },
        { rule: '!has(self.header) || has(self.apiKeys)', message: 'header is of apiKeys' },
      ),
    ),
  )
  .min(1)
  .max(16)
  .optional()
  .meta({
    description:
      'Ways in, any of which suffices: requests by none of them get 401, or 403 where it is known who asks, and wake nothing. Absent: everyone may ask.',
    'x-kubernetes-list-type': 'atomic',
  });
