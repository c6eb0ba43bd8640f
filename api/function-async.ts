import * as z from 'zod';
import { bytesIn } from './byte-quantity.ts';
import { destination } from './destination.ts';
import { byteQuantity, type Rule, rules } from './schema-nodes.ts';

const seconds = (least: number, most: number, otherwise: number, description: string) =>
  z.int().min(least).max(most).default(otherwise).meta({ description });

/** Of a field with a number of bytes. @param most a quantity. */
const atMost = (field: string, most: string): Rule => ({
  rule: `type(self.${field}) == int ? self.${field} <= ${bytesIn(most)} : quantity(self.${field}).compareTo(quantity('${most}')) <= 0`,
  message: `${field} may not exceed ${most}`,
  fieldPath: `.${field}`,
});

const BACKOFF_RULE: Rule = {
  rule: 'self.minBackoffSeconds <= self.maxBackoffSeconds',
  message: 'minBackoffSeconds may not exceed maxBackoffSeconds',
};

/** Of stored work, however it came to be. */
export const Retry = z
  .object({
    maxAttempts: z.int().min(1).max(100).default(5).meta({ description: 'Attempts at most, the first one included.' }),
    minBackoffSeconds: seconds(
      1,
      3_600,
      1,
      'Longest wait before the second attempt, in seconds; it doubles with each further one.',
    ),
    maxBackoffSeconds: seconds(
      1,
      86_400,
      300,
      'What it grows to at most. The wait itself is a random part of it; an answer with Retry-After is waited for at least as long as that says.',
    ),
  })
  .prefault({})
  .meta({
    description: 'What is tried again: answers with 408, 425, 429 or 5xx, and attempts that gave none.',
    ...rules(BACKOFF_RULE),
  });

const Result = z
  .object({
    seconds: seconds(0, 604_800, 3_600, 'How long the answer of an invocation that is done is kept, in seconds.'),
    maxBytes: byteQuantity.default('256Ki').meta({
      description: 'Most that is kept of its body, as a quantity such as 256Ki or a number of bytes, up to 1Mi.',
    }),
  })
  .prefault({})
  .meta({ description: 'What is kept of the answers.', ...rules(atMost('maxBytes', '1Mi')) });

/** The `async` of a Function's spec. */
export const Async = z
  .object({
    mode: z.enum(['Optional', 'Always', 'Never']).default('Optional').meta({
      description:
        'Optional: requests with `Prefer: respond-async` are accepted at once (202), stored and delivered later. Always: all requests are, but those that ask how one goes. Never: none is.',
    }),
    timeoutSeconds: seconds(
      1,
      86_400,
      900,
      'Longest that one attempt may take once a replica has it, in seconds; in the place of spec.timeoutSeconds and spec.timeouts.',
    ),
    retry: Retry,
    maxAgeSeconds: seconds(
      1,
      2_592_000,
      21_600,
      'How long after it was accepted, or may first run, an invocation is given up that is not done, in seconds.',
    ),
    maxConcurrency: z.int().min(1).max(1_000).default(10).meta({
      description:
        'Deliveries at the same time. They pass the queue and the limits of the function as any request does.',
    }),
    maxBodyBytes: byteQuantity.default('1Mi').meta({
      description:
        'Largest body that is stored, as a quantity such as 1Mi or a number of bytes, up to 8Mi; a larger one gets 413.',
    }),
    result: Result,
    onSuccess: destination('is done'),
    onFailure: destination('was given up'),
  })
  .optional()
  .meta({
    description:
      'Work that nobody waits for: requests that are stored durably, answered with 202, delivered until they succeed, and kept when they were given up.',
    ...rules(atMost('maxBodyBytes', '8Mi')),
  });
export type AsyncSpec = NonNullable<z.infer<typeof Async>>;
