import * as z from 'zod';
import { FUNCTION_NAME_MAX_LENGTH } from './names.ts';
import { DNS_LABEL, rules } from './schema-nodes.ts';

/** Longest address of a destination, in characters. */
const URL_MAX_LENGTH = 2_048;
/** Absolute, without a user and a password, which would be a Secret in a manifest, and without a fragment, which is never sent. */
const DESTINATION_URL = /^https?:\/\/[^\s/?#@]+([/?][^\s#]*)?$/;

/** Where word goes of work that has ended. @param when of what it is told, for the text of the field */
export const destination = (when: string) =>
  z
    .object({
      function: z
        .string()
        .min(1)
        .max(FUNCTION_NAME_MAX_LENGTH)
        .regex(DNS_LABEL)
        .optional()
        .meta({ description: 'Name of a Function in the same namespace.' }),
      url: z.string().min(1).max(URL_MAX_LENGTH).regex(DESTINATION_URL).optional().meta({
        description:
          'An address that is sent a POST: https, and a public one, unless the installation allows others. Redirects are not followed.',
      }),
    })
    .optional()
    .meta({
      description: `What gets a CloudEvent with the request and the answer when work ${when}: a function or an address. It is delivered and tried again as any stored work.`,
      // `function` is a word of CEL's own, which the API server escapes.
      ...rules({ rule: 'has(self.__function__) != has(self.url)', message: 'give exactly one of function, url' }),
    });
