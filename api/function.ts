import { z } from 'zod';
import type { Condition } from './conditions.ts';
import { type API_VERSION, FUNCTION_NAME_MAX_LENGTH, GROUP, KIND, PLURAL, VERSION } from './names.ts';

/**
 * The Function resource: types, defaults, ranges, CEL rules and the texts of `kubectl explain`, once. The CRD is
 * generated from here. Every string, list and map has a maximum: the API server refuses CEL rules whose cost it
 * cannot bound.
 */

/** The resource as the API server's discovery names it. */
export const FUNCTIONS = { group: GROUP, version: VERSION, plural: PLURAL, kind: KIND, namespaced: true } as const;

/** Longest source given in the object, in bytes over all files, so that client-side apply's annotation fits. */
export const SOURCE_MAX_BYTES = 196_608;

/** A CEL rule on the schema node it is put on; the API server evaluates it at every write. */
interface Rule {
  rule: string;
  message: string;
  fieldPath?: string;
}
const rules = (...list: Rule[]) => ({ 'x-kubernetes-validations': list });

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** As text: it stands in a CEL rule, where a regular expression has no slashes around it. */
const FILE_PATH = '^[A-Za-z0-9_][-A-Za-z0-9_.]*(/[A-Za-z0-9_][-A-Za-z0-9_.]*)*$';
const MODULE_PATH = /^[A-Za-z0-9_][-A-Za-z0-9_./]*\.(ts|mts|js|mjs)$/;
const EXPORT_NAME = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

const objectName = (what: string) =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(DNS_SUBDOMAIN)
    .meta({ description: `Name of the ${what}, in the function's namespace.` });

const quantity = z.union([z.int().min(0), z.string()]).meta({
  'x-kubernetes-int-or-string': true,
  maxLength: 40,
  pattern: '^([0-9]+([.][0-9]*)?|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$',
  description: 'A quantity such as 50m, 64Mi or 1.',
});

const quantities = z.record(z.string().max(63), quantity);

const keyRef = (what: string) =>
  z
    .object({
      name: objectName(what),
      key: z
        .string()
        .min(1)
        .max(253)
        .meta({ description: `Key in the ${what}.` }),
      optional: z
        .boolean()
        .optional()
        .meta({ description: `Whether the ${what} or its key may be missing.` }),
    })
    .meta({ description: `A key of a ${what}.`, 'x-kubernetes-map-type': 'atomic' });

const EnvVar = z
  .object({
    name: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/)
      .meta({ description: 'Name of the variable. PORT, HOST, K_… and CATNAP_… are set by Catnap.' }),
    value: z.string().max(32_768).optional().meta({ description: 'Its value; $(OTHER) refers to another variable.' }),
    valueFrom: z
      .object({
        configMapKeyRef: keyRef('ConfigMap').optional(),
        secretKeyRef: keyRef('Secret').optional(),
        fieldRef: z
          .object({
            apiVersion: z.string().max(63).optional().meta({ description: 'API version of the field path; v1.' }),
            fieldPath: z.string().min(1).max(253).meta({ description: 'A field of the pod, such as metadata.name.' }),
          })
          .optional()
          .meta({ description: 'A field of the pod.', 'x-kubernetes-map-type': 'atomic' }),
        resourceFieldRef: z
          .object({
            containerName: z.string().max(63).optional().meta({ description: 'Container; default: the function.' }),
            resource: z.string().min(1).max(63).meta({ description: 'Such as limits.memory.' }),
            divisor: quantity.optional(),
          })
          .optional()
          .meta({ description: 'A resource of the container.', 'x-kubernetes-map-type': 'atomic' }),
      })
      .optional()
      .meta({
        description: 'Where the value comes from, instead of value.',
        ...rules({
          rule: '[has(self.configMapKeyRef), has(self.secretKeyRef), has(self.fieldRef), has(self.resourceFieldRef)].filter(x, x).size() == 1',
          message: 'give exactly one of configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef',
        }),
      }),
  })
  .meta(
    rules({
      rule: "!has(self.valueFrom) || !has(self.value) || self.value == ''",
      message: 'give value or valueFrom, not both',
    }),
  );

const EnvFromSource = z.object({
  prefix: z.string().max(253).optional().meta({ description: 'Put before each key.' }),
  configMapRef: z
    .object({
      name: objectName('ConfigMap'),
      optional: z.boolean().optional().meta({ description: 'Whether it may be missing.' }),
    })
    .optional()
    .meta({ description: 'All keys of a ConfigMap.', 'x-kubernetes-map-type': 'atomic' }),
  secretRef: z
    .object({
      name: objectName('Secret'),
      optional: z.boolean().optional().meta({ description: 'Whether it may be missing.' }),
    })
    .optional()
    .meta({ description: 'All keys of a Secret.', 'x-kubernetes-map-type': 'atomic' }),
});

const Source = z
  .object({
    inline: z
      .string()
      .min(1)
      .max(SOURCE_MAX_BYTES)
      .optional()
      .meta({ description: 'One TypeScript or JavaScript module (ESM), at most 192 KiB.' }),
    files: z
      .record(z.string().max(253), z.string().max(SOURCE_MAX_BYTES))
      .optional()
      .meta({
        description: 'Several modules by path, such as index.ts and lib/greet.ts; at most 192 KiB together.',
        minProperties: 1,
        maxProperties: 64,
        ...rules(
          {
            rule: `self.all(path, path.matches('${FILE_PATH}'))`,
            message: 'a path is letters, digits, "_", "-" and "." between single slashes, such as lib/greet.ts',
          },
          {
            rule: `self.map(path, self[path].size()).sum() <= ${SOURCE_MAX_BYTES}`,
            message: 'at most 192 KiB in all; put more into a ConfigMap (source.configMapRef) or an image',
          },
        ),
      }),
    configMapRef: z
      .object({ name: objectName('ConfigMap') })
      .optional()
      .meta({
        description:
          'A ConfigMap whose keys are the files ("__" in a key stands for "/"); a change there makes a new revision.',
        'x-kubernetes-map-type': 'atomic',
      }),
    entry: z
      .string()
      .max(253)
      .regex(MODULE_PATH)
      .optional()
      .meta({ description: 'The file that holds the handler; default: index.ts, else index.js.' }),
  })
  .meta({
    description: 'TypeScript or JavaScript source; bundled by the operator, no image build needed.',
    ...rules(
      {
        rule: '[has(self.inline), has(self.files), has(self.configMapRef)].filter(x, x).size() == 1',
        message: 'give exactly one of source.inline, source.files, source.configMapRef',
      },
      {
        rule: '!has(self.entry) || !has(self.inline)',
        message: 'source.entry goes with files or configMapRef: inline is one module',
      },
      {
        rule: '!has(self.entry) || !has(self.files) || self.entry in self.files',
        message: 'source.entry is not one of source.files',
      },
    ),
  });

const Resources = z
  .object({
    requests: quantities.optional().meta({ description: 'What a replica is given for sure.', maxProperties: 16 }),
    limits: quantities.optional().meta({ description: 'What a replica may not exceed.', maxProperties: 16 }),
  })
  .meta({ description: 'CPU and memory of a replica, as in core/v1.' });

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
    .default('/')
    .meta({ description: 'Paths equal to it or below it; kept, not stripped. The longest one wins.' }),
});

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
      .regex(EXPORT_NAME)
      .default('default')
      .meta({ description: 'Which export of the module to call.' }),
    env: z
      .array(EnvVar)
      .max(100)
      .optional()
      .meta({
        description: 'Environment variables, as in core/v1.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        ...rules({
          rule: "self.all(e, !(e.name in ['PORT', 'HOST']) && !e.name.startsWith('K_') && !e.name.startsWith('CATNAP_'))",
          message: 'PORT, HOST, K_… and CATNAP_… are set by Catnap',
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
    timeoutSeconds: z.int().min(0).max(86_400).default(60).meta({
      description:
        'Seconds one request may take, counted from when a replica has it: the cold start is not charged. 0: no limit.',
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
      })
      .prefault({})
      .meta({
        description: 'How many replicas there are.',
        ...rules({ rule: 'self.minReplicas <= self.maxReplicas', message: 'minReplicas may not exceed maxReplicas' }),
      }),
    routes: z.array(Route).max(32).optional().meta({
      description: 'Addresses besides http://<name>.<namespace>.<domain> and <gateway>/fn/<namespace>/<name>/.',
      'x-kubernetes-list-type': 'atomic',
    }),
  })
  .meta({
    description: 'What the function runs, what it may use, how it scales and how it is reached.',
    ...rules(
      { rule: 'has(self.source) != has(self.image)', message: 'give exactly one of spec.source, spec.image' },
      {
        rule: "!has(self.image) || self.handler == 'default'",
        message: 'spec.handler names an export of spec.source; an image has none',
      },
    ),
  });

/** The spec as the API server stores it: every default filled in. */
export type FunctionSpec = z.infer<typeof FunctionSpec>;

const count = (description: string) => z.int().min(0).max(2_147_483_647).optional().meta({ description });
const text = (maxLength: number, description: string) => z.string().max(maxLength).optional().meta({ description });
const time = (description: string) => z.string().max(64).optional().meta({ description, format: 'date-time' });

export const FunctionStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'The generation of the spec that this status speaks of.', format: 'int64' }),
    url: text(1024, 'Where the function answers.'),
    revision: text(63, 'The revision that takes traffic: the last one that answered, else the newest.'),
    latestRevision: text(63, 'The newest revision made from the spec.'),
    replicas: count('Pods there are, of all revisions.'),
    readyReplicas: count('Pods of the revision that takes traffic that are ready.'),
    scaling: z
      .object({
        desired: count('Replicas the autoscaler wants.'),
        reason: text(1024, 'Why, in one sentence with the numbers.'),
        lastScaleTime: time('When the number last changed.'),
      })
      .optional()
      .meta({ description: 'The last decision of the autoscaler.' }),
    conditions: z
      .array(
        z.object({
          type: z.string().max(316).meta({ description: 'Ready, SourceReady, RevisionReady, RouteReady or Active.' }),
          status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
          reason: z.string().max(1024).meta({ description: 'One word why.' }),
          message: z.string().max(32_768).meta({ description: 'What is the matter and what to do, for a person.' }),
          observedGeneration: z
            .int()
            .min(0)
            .max(Number.MAX_SAFE_INTEGER)
            .optional()
            .meta({ description: 'The generation of the spec that it speaks of.', format: 'int64' }),
          lastTransitionTime: z
            .string()
            .max(64)
            .meta({ description: 'When status last changed.', format: 'date-time' }),
        }),
      )
      .max(16)
      .optional()
      .meta({
        description: 'How the function stands.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
  })
  .meta({ description: 'What the operator saw and did. Written by the operator alone.' });
export type FunctionStatus = Omit<z.infer<typeof FunctionStatus>, 'conditions'> & { conditions?: Condition[] };

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
