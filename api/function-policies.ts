import * as z from 'zod';
import { Access } from './function-access.ts';
import { Cors } from './function-cors.ts';
import { RateLimits } from './function-rate-limits.ts';

/** Of the API server's regular expressions, which have no look-ahead; what they let through of IPv6 is told by the status. */
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const V4 = `${OCTET}([.]${OCTET}){3}(/(3[0-2]|[12]?[0-9]))?`;
const V6 = '[0-9A-Fa-f.]{0,15}:[0-9A-Fa-f:.]{0,39}(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?';
const NETWORKS_MAX = 256;

const Network = z
  .string()
  .max(49)
  .regex(new RegExp(`^(${V4}|${V6})$`));

const HttpsOnly = z.boolean().optional().meta({
  description:
    'Whether requests over plain HTTP are turned away by the gateway: GET and HEAD are sent to https (308), all others get 403. Behind a trusted proxy its X-Forwarded-Proto counts.',
});

const AllowFrom = z.array(Network).min(1).max(NETWORKS_MAX).optional().meta({
  description:
    'Addresses and networks, such as 10.0.0.0/8 or 2001:db8::/32, that requests may come from; from all others they get 403. Behind trusted proxies the address of the client counts. Absent: from everywhere.',
  'x-kubernetes-list-type': 'atomic',
});

const DenyFrom = z.array(Network).max(NETWORKS_MAX).optional().meta({
  description: 'Addresses and networks that requests may not come from, also where allowFrom has them: 403.',
  'x-kubernetes-list-type': 'atomic',
});

/** Fields of the spec that the gateway judges requests by. */
export const POLICIES = {
  httpsOnly: HttpsOnly,
  allowFrom: AllowFrom,
  denyFrom: DenyFrom,
  access: Access,
  cors: Cors,
  rateLimits: RateLimits,
};
