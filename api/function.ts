import * as z from 'zod';
import { Async } from './function-async.ts';
import { EnvFromSource, EnvVar } from './function-env.ts';
import { POLICIES } from './function-policies.ts';
import { Routes } from './function-routes.ts';
import { SecurityContext } from './function-security.ts';
import { Source } from './function-source.ts';
import type { FunctionStatus } from './function-status.ts';
import { type API_VERSION, FUNCTION_NAME_MAX_LENGTH, GROUP, KIND, PLURAL, SIGNATURES, VERSION } from './names.ts';
import { byteQuantity, DNS_LABEL, DNS_SUBDOMAIN, objectName, quantities, type Rule, rules } from './schema-nodes.ts';

/**
 * The Function resource: types, defaults, ranges, CEL rules and the texts of `kubectl explain`, once. The CRD is
 * generated from here. Every string, list and map has a maximum: the API server refuses CEL rules whose cost it
 * cannot bound.
 */

/** The resource as the API server's discovery names it. */
export const FUNCTIONS = { group: GROUP, version: VERSION, plural: PLURAL, kind: KIND, namespaced: true } as const;

/** An export, dotted for one inside an exported object; registered functions may have a dash in their name. */
const HANDLER_NAME = /^[A-Za-z_$][-A-Za-z0-9_$]*(\.[A-Za-z_$][-A-Za-z0-9_$]*)*$/;

const Resources = z
  .object({
    requests: quantities.optional().meta({ description: 'What a replica is given for sure.', maxProperties: 16 }),
    limits: quantities.optional().meta({ description: 'What a replica may not exceed.', maxProperties: 16 }),
  })
  .meta({ description: 'CPU and memory of a replica, as in core/v1.' });

export const FunctionSpec = z
  .object({
    source: Source.optional(),
    image: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .meta({ description: 'A container image that answers HTTP/1.1 on $PORT, instead of source.' }),
    handler: z
      .string()
      .max(63)
      .regex(HANDLER_NAME)
      .default('default')
      .meta({ description: 'Which export of the module, or which registered function, to call; may be dotted.' }),
    signature: z.enum(SIGNATURES).default('auto').meta({
      description:
        'How the handler is called. fetch: (request, context), or an object with fetch(request, env, ctx); http: (req, res); cloudevent: (event); lambda: (event, context). auto: as it is registered or exported.',
    }),
    env: z
      .array(EnvVar)
      .max(100)
      .optional()
      .meta({
        description: 'Environment variables, as in core/v1.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        ...rules({
          rule: "self.all(e, !(e.name in ['PORT', 'HOST']) && !e.name.startsWith('K_') && (!e.name.startsWith('CATNAP_') || e.name in ['CATNAP_LOG_LEVEL', 'CATNAP_LOG_FORMAT']))",
          message: 'PORT, HOST, K_… and CATNAP_… are set by Catnap, but for CATNAP_LOG_LEVEL and CATNAP_LOG_FORMAT',
        }),
      }),
    envFrom: z
      .array(
        EnvFromSource.meta(
          rules({
            rule: 'has(self.configMapRef) != has(self.secretRef)',
            message: 'give exactly one of configMapRef, secretRef',
          }),
        ),
      )
      .max(32)
      .optional()
      .meta({
        description: 'ConfigMaps and Secrets whose keys become variables, as in core/v1.',
        'x-kubernetes-list-type': 'atomic',
      }),
    secrets: z
      .array(
        z.object({ name: z.string().min(1).max(63).regex(DNS_LABEL).meta({ description: 'Name of the Secret.' }) }),
      )
      .max(16)
      .optional()
      .meta({
        description:
          'Secrets mounted read-only as files: /var/run/secrets/catnap/<name>/<key>. A pod with a mount starts about 0.3 s later.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    resources: Resources.default({ requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } }),
    serviceAccountName: z
      .string()
      .max(253)
      .regex(DNS_SUBDOMAIN)
      .optional()
      .meta({ description: 'ServiceAccount whose token the pods mount; default: none is mounted.' }),
    imagePullSecrets: z
      .array(z.object({ name: objectName('Secret') }))
      .max(16)
      .optional()
      .meta({
        description: 'Secrets of type dockerconfigjson for pulling the image.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    securityContext: SecurityContext.optional(),
    timeoutSeconds: z.int().min(0).max(86_400).default(60).meta({
      description:
        'Seconds one request may take, counted from when a replica has it: the cold start is not charged. 0: no limit.',
    }),
    timeouts: z
      .object({
        firstByteSeconds: z.int().min(0).max(86_400).default(0).meta({
          description:
            'Seconds until the answer begins, counted from when a replica has the request. 0: only timeoutSeconds counts.',
        }),
        idleSeconds: z.int().min(0).max(86_400).default(0).meta({
          description:
            'Seconds that may pass between two bytes of a request or of its answer, whichever way they go; the limit that suits streams and WebSockets. 0: no limit.',
        }),
      })
      .prefault({})
      .meta({ description: 'Finer limits than timeoutSeconds, kept by the gateway.' }),
    async: Async,
    maxBodyBytes: byteQuantity.optional().meta({
      description:
        'Largest body of a request, as a quantity such as 100Mi or a number of bytes; a larger one gets 413. Absent or 0: no limit, for bodies pass as streams.',
    }),
    concurrency: z
      .object({
        target: z
          .int()
          .min(1)
          .max(10_000)
          .default(20)
          .meta({ description: 'Requests in flight per replica that the autoscaler aims at.' }),
        limit: z
          .int()
          .min(0)
          .max(10_000)
          .default(0)
          .meta({ description: 'Most requests in flight in one replica; the next waits. 0: no limit.' }),
      })
      .prefault({})
      .meta({ description: 'How many requests a replica handles at once.' }),
    queue: z
      .object({
        size: z
          .int()
          .min(1)
          .max(100_000)
          .default(1000)
          .meta({ description: 'Requests that may wait for a replica, per activator; the next gets 503.' }),
        maxBytes: byteQuantity.default('64Mi').meta({
          description:
            'Bytes of their bodies that may be held for those that wait, per activator, as a quantity such as 64Mi; the next gets 503. 0: no limit.',
        }),
        timeoutSeconds: z
          .int()
          .min(1)
          .max(3600)
          .default(30)
          .meta({ description: 'Longest a request waits for a replica, in seconds; then 503 with Retry-After.' }),
      })
      .prefault({})
      .meta({ description: 'Requests that wait for a replica.' }),
    scaling: z
      .object({
        minReplicas: z
          .int()
          .min(0)
          .max(1000)
          .default(0)
          .meta({ description: 'Replicas that are always there; 0: asleep when idle.' }),
        maxReplicas: z.int().min(1).max(1000).default(100).meta({ description: 'Most replicas.' }),
        idleSeconds: z
          .int()
          .min(1)
          .max(86_400)
          .default(60)
          .meta({ description: 'Seconds without a request before the last replica goes.' }),
        stableWindowSeconds: z
          .int()
          .min(6)
          .max(3600)
          .default(60)
          .meta({ description: 'Seconds over which concurrency is averaged before replicas are taken away.' }),
        tryOnChange: z.boolean().default(true).meta({
          description:
            'Whether a new or changed revision is started once, so that the condition Ready tells whether it works, and then sleeps. false: it starts with the first request.',
        }),
      })
      .prefault({})
      .meta({
        description: 'How many replicas there are.',
        ...rules({ rule: 'self.minReplicas <= self.maxReplicas', message: 'minReplicas may not exceed maxReplicas' }),
      }),
    routes: Routes.optional(),
    ...POLICIES,
  })
  .meta({
    description: 'What the function runs, what it may use, how it scales and how it is reached.',
    ...rules(
      { rule: 'has(self.source) != has(self.image)', message: 'give exactly one of spec.source, spec.image' },
      {
        rule: "!has(self.image) || self.handler == 'default'",
        message: 'spec.handler names an export of spec.source; an image has none',
      },
      {
        rule: 'self.timeoutSeconds == 0 || self.timeouts.firstByteSeconds <= self.timeoutSeconds',
        message: 'timeouts.firstByteSeconds may not exceed timeoutSeconds, which ends the request before',
      },
      {
        rule: "!has(self.image) || self.signature == 'auto'",
        message: 'spec.signature is of spec.source; an image built FROM the runtime image sets CATNAP_SIGNATURE',
      },
    ),
  });

/** The spec as the API server stores it: every default filled in. */
export type FunctionSpec = z.infer<typeof FunctionSpec>;

/** A Function as it comes from the API server. */
export interface FunctionObject {
  apiVersion: typeof API_VERSION;
  kind: typeof KIND;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: FunctionSpec;
  status?: FunctionStatus;
}

/** Rule on the whole object; the name is only visible at the root. */
export const NAME_RULE: Rule = {
  rule: `self.metadata.name.size() <= ${FUNCTION_NAME_MAX_LENGTH} && self.metadata.name.matches('${DNS_LABEL.source}')`,
  message: `a function's name is a DNS label of at most ${FUNCTION_NAME_MAX_LENGTH} characters: lower case letters, digits and "-"`,
};
