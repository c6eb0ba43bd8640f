import * as z from 'zod';
import { RATE_LIMIT_BY, RATE_LIMIT_MAX } from './rules/rate-limit-fault.ts';
import { rules } from './schema-nodes.ts';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** A token of HTTP (RFC 9110, 5.6.2). */
const FIELD_NAME = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;

const RateLimit = z
  .object({
    name: z.string().min(1).max(63).regex(NAME).optional().meta({
      description: 'What answers and logs call the limit; default: what it counts by, in lower case.',
    }),
    requests: z.int().min(1).max(RATE_LIMIT_MAX.requests).meta({
      description: 'Requests that are filled up, evenly, within `seconds`.',
    }),
    seconds: z
      .int()
      .min(1)
      .max(RATE_LIMIT_MAX.seconds)
      .meta({ description: 'Time in which `requests` are filled up.' }),
    burst: z.int().min(1).max(RATE_LIMIT_MAX.requests).optional().meta({
      description:
        'Requests that may come at once, after which each waits for its turn; default: `requests`. In any `seconds` no more than `burst` and `requests` together pass.',
    }),
    by: z.enum(RATE_LIMIT_BY).default('Client').meta({
      description:
        'What counts together. Function: all requests. Client: those of one address, of IPv6 those of one /64; behind trusted proxies the address of their client. Caller: those of one caller, as access has found out. Header, Claim: those with the same value of it. Without a value the caller counts, without a caller the client.',
    }),
    header: z.string().min(1).max(256).regex(FIELD_NAME).optional().meta({
      description:
        'With by: Header, its name. What a header says is up to the client: a limit by Client stands well beside it.',
    }),
    claim: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .meta({ description: 'With by: Claim, the name of the claim of a token.' }),
  })
  .meta(
    rules(
      { rule: "has(self.header) == (self.by == 'Header')", message: 'header is given with by: Header, and only there' },
      { rule: "has(self.claim) == (self.by == 'Claim')", message: 'claim is given with by: Claim, and only there' },
    ),
  );

export const RateLimits = z
  .array(RateLimit)
  .max(RATE_LIMIT_MAX.limits)
  .optional()
  .meta({
    description:
      'How many requests the gateway lets through; each that is beyond one of these gets 429 with Retry-After, and wakes nothing. They hold over all gateways together.',
    'x-kubernetes-list-type': 'atomic',
    ...rules({
      rule: 'self.all(one, !has(one.name) || self.exists_one(other, has(other.name) && other.name == one.name))',
      message: 'each limit has a name of its own',
    }),
  });
