import * as z from 'zod';
import { DEFAULT_HOST_TEMPLATE, hostTemplateMistake } from '#api/rules/host-template.ts';
import { CLUSTER_ACCESS_ENV } from '#platform/access/cluster-access.ts';
import { envFlag, envList, envLogLevel, envNamespaces, envPort } from '#platform/process/config.ts';
import { isNetwork } from './inbound/trusted-proxies.ts';

const envNetworks = envList.superRefine((networks, context) => {
  for (const text of networks) {
    if (!isNetwork(text)) context.addIssue(`${text} is no network in CIDR notation, such as 10.42.0.0/16`);
  }
});

/** The activator's environment. */
export const ActivatorConfig = z.object({
  ...CLUSTER_ACCESS_ENV,
  /** Where requests come in. */
  CATNAP_GATEWAY_PORT: envPort.default(8080),
  /** Address to listen on; default: HOST. */
  CATNAP_GATEWAY_HOST: z.string().optional(),
  /** /healthz, /readyz and /metrics. */
  CATNAP_OPS_PORT: envPort.default(9090),
  CATNAP_OPS_HOST: z.string().optional(),
  /** Address to listen on where none of the two above is given; default: all. */
  HOST: z.string().optional(),
  /** Namespaces whose Functions are served, and which alone are looked into; absent: all. */
  CATNAP_NAMESPACES: envNamespaces.optional(),
  /** The domain below which functions answer. */
  CATNAP_DOMAIN: z.string().toLowerCase().default('localhost'),
  /** How a function's host is made of its name, its namespace and the domain; the operator needs the same. */
  CATNAP_HOST_TEMPLATE: z
    .string()
    .superRefine((template, context) => {
      const mistake = hostTemplateMistake(template);
      if (mistake !== undefined) context.addIssue(mistake);
    })
    .default(DEFAULT_HOST_TEMPLATE),
  /** The domain of the cluster's DNS. */
  CATNAP_CLUSTER_DOMAIN: z.string().toLowerCase().default('cluster.local'),
  /** PEM files with a certificate and its key: with both, requests come in over TLS too. Read again when they change. */
  CATNAP_TLS_CERT_FILE: z.string().optional(),
  CATNAP_TLS_KEY_FILE: z.string().optional(),
  /** PEM file with certificates of the authorities whose clients' certificates are good, read again when it changes; absent: clients are asked for none. */
  CATNAP_TLS_CLIENT_CA_FILE: z.string().optional(),
  CATNAP_TLS_PORT: envPort.default(8443),
  /** Networks, in CIDR notation, of the proxies and load balancers whose X-Forwarded-*, Forwarded and X-Real-IP are believed. */
  CATNAP_TRUSTED_PROXIES: envNetworks.default([]),
  /** Whether answers say in full why a request failed, or only the code, a general sentence and the request's id. */
  CATNAP_ERROR_DETAIL: envFlag.default(false),
  /** A stop waits until no request has come for so long, in seconds: others need time to hear of it. */
  CATNAP_DRAIN_QUIET_SECONDS: z.coerce.number().min(0).max(60).default(0.5),
  /** Longest that a stop waits for that and for requests to end, in seconds. */
  CATNAP_DRAIN_SECONDS: z.coerce.number().int().min(0).default(60),
  /** Where the dispatcher delivers what was accepted for later; absent: no deliveries are taken here. */
  CATNAP_DELIVERY_PORT: envPort.optional(),
  /** Address to listen on for that; default: HOST. */
  CATNAP_DELIVERY_HOST: z.string().optional(),
  /** `system:serviceaccount:<namespace>:<name>` of the dispatcher: with its tokens alone something is delivered. */
  CATNAP_DISPATCHER_SUBJECT: z.string().startsWith('system:serviceaccount:').optional(),
  /** Longest that a stop waits for deliveries that are under way, once clients have their answers, in seconds. */
  CATNAP_DELIVERY_DRAIN_SECONDS: z.coerce.number().int().min(0).max(86_400).default(900),
  /** Requests open at once; beyond that a function may have no more than its fair share of them. Default: what memory holds. */
  CATNAP_MAX_OPEN_REQUESTS: z.coerce.number().int().min(1).optional(),
  /** The same for bytes of bodies: of requests that wait or may be sent again, of answers that are not read. */
  CATNAP_MAX_HELD_BYTES: z.coerce.number().int().min(0).optional(),
  /** File with the token by which other activators know this one, read again when it is replaced; absent: they exchange no hints. */
  CATNAP_PEER_TOKEN_FILE: z.string().optional(),
  /** The Service in CATNAP_SYSTEM_NAMESPACE behind whose port `ops` all activators are; absent: others are not looked for. */
  CATNAP_ACTIVATOR_SERVICE: z.string().optional(),
  CATNAP_SYSTEM_NAMESPACE: z.string().optional(),
  /** Base URLs of other activators' operational ports, separated by commas, beside those that are found. */
  CATNAP_PEER_URLS: envList.default([]),
  /** Base URL of the dispatcher, which keeps what is to be delivered later; absent: there is none. */
  CATNAP_DISPATCHER_URL: z
    .string()
    .regex(/^http:\/\/[^\s/@?#]+\/?$/, 'must be http://<host>:<port>')
    .optional(),
  /** File with the token by which the dispatcher knows this activator, read again when it is replaced; needed with the URL. */
  CATNAP_DISPATCHER_TOKEN_FILE: z.string().optional(),
  /** metadata.uid of the pod that this runs in: it is no other activator. */
  POD_UID: z.string().optional(),
  /** Whether issuers of tokens that functions name are asked for their keys over http too. */
  CATNAP_ISSUER_HTTP: envFlag.default(false),
  /** Networks, in CIDR notation, whose addresses are asked although they are not public. */
  CATNAP_ISSUER_NETWORKS: envNetworks.default([]),
  /** A Redis in which rate limits are kept to the request, for all gateways together; absent: they share them by what they tell each other. */
  CATNAP_RATE_LIMIT_REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/[^\s@]+$/, 'must be redis://<host>:<port>, or rediss:// over TLS, without a password')
    .optional(),
  /** Folder with the files `password` and, where they are needed, `username` and `ca.crt`. */
  CATNAP_RATE_LIMIT_REDIS_SECRET_DIR: z.string().optional(),
  /** Connections of clients at most; more are closed at once. Default: what memory and file descriptors hold. */
  CATNAP_MAX_CONNECTIONS: z.coerce.number().int().min(1).optional(),
  /** The share of requests that have a line in the access log, 0 to 1. */
  CATNAP_ACCESS_LOG: z.coerce.number().min(0).max(1).default(0),
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
});
export type ActivatorConfig = Readonly<z.infer<typeof ActivatorConfig>>;
