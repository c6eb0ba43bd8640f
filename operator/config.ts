import * as z from 'zod';
import { ACTIVATOR_SERVICE, GATEWAY_SERVICE, SYSTEM_NAMESPACE } from '#api/names.ts';
import { DEFAULT_HOST_TEMPLATE, hostTemplateMistake } from '#api/rules/host-template.ts';
import { CLUSTER_ACCESS_ENV } from '#platform/access/cluster-access.ts';
import {
  envFlag,
  envJson,
  envList,
  envLogLevel,
  envNamespaces,
  envNetworks,
  envPort,
} from '#platform/process/config.ts';

const seconds = z.coerce.number().positive().max(3600);

const Selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});

const Cidr = z.union([z.cidrv4(), z.cidrv6()], 'must be like 192.0.2.0/24');

/** As in a NetworkPolicy, where an unknown key or an empty one keeps the whole policy from being written. */
const Peer = z
  .strictObject({
    podSelector: Selector.optional(),
    namespaceSelector: Selector.optional(),
    ipBlock: z.strictObject({ cidr: Cidr, except: z.array(Cidr).optional() }).optional(),
  })
  .refine(
    ({ podSelector, namespaceSelector, ipBlock }) =>
      (ipBlock === undefined) !== (podSelector === undefined && namespaceSelector === undefined),
    'needs podSelector, namespaceSelector or ipBlock, the last one alone',
  );

/** Who may reach functions' pods, and whether those may reach anything else. */
const NetworkRules = z.strictObject({
  /** The activators' pods, in the system namespace. */
  activators: Selector.refine((selector) => Object.keys(selector).length > 0, 'selects every pod'),
  /** Peers, as in a NetworkPolicy, that may reach the metrics port; none: no peer. */
  metricsFrom: z.array(Peer).default([]),
  /** `closed`: functions reach DNS and the gateway, nothing else. */
  egress: z.enum(['open', 'closed']).default('open'),
});

const HostPattern = z
  .string()
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a host, or *. and a host');

/** Which namespaces may have which hosts in spec.routes. */
const Hosts = z.strictObject({
  /** Hosts that are not listed are refused. */
  strict: z.boolean().default(false),
  owners: z
    .array(z.strictObject({ host: HostPattern, namespaces: z.array(z.string().max(63)).max(100) }))
    .max(1000)
    .default([]),
});

const HostTemplateText = z.string().superRefine((template, context) => {
  const mistake = hostTemplateMistake(template);
  if (mistake !== undefined) context.addIssue(mistake);
});

/** The operator's environment. */
export const OperatorEnv = z.object({
  ...CLUSTER_ACCESS_ENV,
  /** The domain below which functions answer. */
  CATNAP_DOMAIN: z.string().toLowerCase().default('localhost'),
  /** How a function's host is made of its name, its namespace and the domain; the activators need the same. */
  CATNAP_HOST_TEMPLATE: HostTemplateText.default(DEFAULT_HOST_TEMPLATE),
  /** JSON; which namespaces may have which hosts. Absent: whichever asks first. */
  CATNAP_HOSTS: envJson.pipe(Hosts).optional(),
  /** ConfigMap in the system namespace that keeps which hosts were let go of; absent: that is forgotten at a restart. */
  CATNAP_RELEASED_HOSTS: z.string().optional(),
  /** Scheme of the addresses in status.url. */
  CATNAP_URL_SCHEME: z.enum(['http', 'https']).default('http'),
  /** Port of the addresses in status.url; absent: the scheme's own. */
  CATNAP_URL_PORT: envPort.optional(),
  /** Namespaces whose Functions are worked on, and which alone are looked into; absent: all. */
  CATNAP_NAMESPACES: envNamespaces.optional(),
  /** Image of the pods that run functions from source. */
  CATNAP_RUNTIME_IMAGE: z.string().default('catnap.dev/runtime:dev'),
  /** Namespace of operator and gateway. */
  CATNAP_SYSTEM_NAMESPACE: z.string().default(SYSTEM_NAMESPACE),
  /** Name of the gateway's Service there. */
  CATNAP_GATEWAY_SERVICE: z.string().default(GATEWAY_SERVICE),
  /** Name of the Service there whose EndpointSlices (port `ops`) say where the activators are. */
  CATNAP_ACTIVATOR_SERVICE: z.string().default(ACTIVATOR_SERVICE),
  CATNAP_CLUSTER_DOMAIN: z.string().default('cluster.local'),
  /** JSON; the NetworkPolicy to keep in every namespace that has Functions; absent: none. */
  CATNAP_NETWORK_POLICY: envJson.pipe(NetworkRules).optional(),
  /** Whether issuers of tokens that functions name are asked over http too; this and the next as the activators have them. */
  CATNAP_ISSUER_HTTP: envFlag.default(false),
  /** Networks, in CIDR notation, whose addresses are asked although they are not public. */
  CATNAP_ISSUER_NETWORKS: envNetworks.default([]),
  /** Name of a Lease in the system namespace by which one of several operators is chosen; absent: this is the only one. */
  CATNAP_LEASE: z.string().optional(),
  /** What this one is called in the Lease; default: host and process. */
  POD_NAME: z.string().optional(),
  /** Base URLs of the activators' operational ports; absent: found by CATNAP_ACTIVATOR_SERVICE. */
  CATNAP_ACTIVATOR_URLS: envList.optional(),
  /** Port and address of /healthz, /readyz and /metrics. Port 0: any free one. */
  CATNAP_OPS_PORT: envPort.default(9090),
  CATNAP_OPS_HOST: z.string().optional(),
  /** Address to listen on when CATNAP_OPS_HOST is absent; default: all. */
  HOST: z.string().optional(),
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
  /** How often the activators are asked for their metrics, in seconds; a fifth as often while every function is at zero. */
  CATNAP_SCRAPE_SECONDS: seconds.default(1),
  /** Folder that is shared with the bundler, which listens there; absent: it is a process of the operator's own. */
  CATNAP_BUNDLER_FOLDER: z.string().optional(),
  /** Processor time that compiling one function may take in each of its two processes, in seconds. */
  CATNAP_BUNDLER_CPU_SECONDS: z.coerce.number().int().min(1).max(300).default(5),
  /** Time that compiling one function may take, in seconds. */
  CATNAP_BUNDLER_WALL_SECONDS: z.coerce.number().int().min(1).max(3600).default(30),
  /** Memory for compiling one function, in MiB. Only of the operator's own bundler: the other has its container's. */
  CATNAP_BUNDLER_MEMORY_MIB: z.coerce.number().int().min(192).default(512),
  /** What compiles a function, of the operator's own bundler; absent: bundler.mjs beside the operator, else its source. */
  CATNAP_BUNDLER_PROGRAM: z.string().optional(),
  /** Whether the operator's own bundler keeps a process ready for the next compile, where each change is waited for. */
  CATNAP_BUNDLER_AHEAD: envFlag.default(false),
  /** Where programs are found. */
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  /** Functions that are worked on at the same time. */
  CATNAP_RECONCILES: z.coerce.number().int().min(1).max(64).default(4),
});
export type OperatorConfig = Readonly<z.infer<typeof OperatorEnv>>;
