import * as z from 'zod';
import { CLUSTER_ACCESS_ENV } from '#platform/access/cluster-access.ts';
import { envFlag, envList, envLogLevel, envNamespaces, envNetworks, envPort } from '#platform/process/config.ts';

const bound = (most: number) => z.coerce.number().int().min(1).max(most);
const MOST_ENTRIES = 10_000_000;
const MOST_MIB = 1_048_576;

/** The dispatcher's environment. */
export const DispatcherConfig = z.object({
  ...CLUSTER_ACCESS_ENV,
  /** Folder that accepted work is kept in, on a disk of this machine or a volume of block storage; made where it is not there. */
  CATNAP_STORE_FOLDER: z.string().min(1).optional(),
  /** Instead of the folder: file with the URL of a PostgreSQL database, which several dispatchers may share. Read once. */
  CATNAP_STORE_URL_FILE: z.string().min(1).optional(),
  /** How often what is kept is counted one by one, in seconds; less often where that takes long. */
  CATNAP_STORE_COUNT_SECONDS: z.coerce.number().int().min(1).max(86_400).default(60),
  /** Where gateways hand over what they accepted. Port 0 is any free one, here and below. */
  CATNAP_INTAKE_PORT: envPort.default(8082),
  /** Where people ask for invocations. */
  CATNAP_INVOCATIONS_PORT: envPort.default(8080),
  /** /healthz, /readyz and /metrics. */
  CATNAP_OPS_PORT: envPort.default(9090),
  /** Address to listen on; default: all. */
  HOST: z.string().optional(),
  /** File with the token by which gateways know this process, read again when it is replaced. */
  CATNAP_GATEWAY_TOKEN_FILE: z.string().min(1),
  /** `system:serviceaccount:<namespace>:<name>`: the account whose tokens, for the audience `catnap-dispatcher`, hand over work. */
  CATNAP_ACTIVATOR_SUBJECT: z.string().regex(/^system:serviceaccount:[^:\s]+:[^:\s]+$/, 'is no service account'),
  /** The Service in CATNAP_SYSTEM_NAMESPACE behind whose port `deliveries` all activators are; absent: none is looked for. */
  CATNAP_ACTIVATOR_SERVICE: z.string().optional(),
  CATNAP_SYSTEM_NAMESPACE: z.string().optional(),
  /** Lease in CATNAP_SYSTEM_NAMESPACE by which one of several dispatchers works the schedules of Triggers; absent: this one is alone. */
  CATNAP_SCHEDULES_LEASE: z.string().min(1).optional(),
  /** Whose it is then; default: host name and process id. */
  POD_NAME: z.string().optional(),
  /** Base URLs of activators' ports for deliveries, separated by commas, beside those that are found. */
  CATNAP_GATEWAY_URLS: envList.default([]),
  /** Namespaces whose Functions' work is taken and delivered; absent: all. */
  CATNAP_NAMESPACES: envNamespaces.optional(),
  /** What may wait for one function: invocations, and their bytes in MiB. */
  CATNAP_ASYNC_FUNCTION_ENTRIES: bound(MOST_ENTRIES).default(1_000),
  CATNAP_ASYNC_FUNCTION_MIB: bound(MOST_MIB).default(64),
  /** The same for all functions of a namespace together. */
  CATNAP_ASYNC_NAMESPACE_ENTRIES: bound(MOST_ENTRIES).default(10_000),
  CATNAP_ASYNC_NAMESPACE_MIB: bound(MOST_MIB).default(256),
  /** Whether destinations that are addresses may be http too. */
  CATNAP_DESTINATION_HTTP: envFlag.default(false),
  /** Networks, in CIDR notation, whose addresses may be destinations although they are not public. */
  CATNAP_DESTINATION_NETWORKS: envNetworks.default([]),
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
});
export type DispatcherConfig = Readonly<z.infer<typeof DispatcherConfig>>;
