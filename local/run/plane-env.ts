/** What each process of Catnap is told when it runs on this machine, beside who it is. Pure. */
import type { Accounts } from './accounts.ts';
import { BUNDLER, type Env } from './programs.ts';

const HOST = '127.0.0.1';

/** One for each thing that listens. */
export interface PlanePorts {
  gateway: number;
  activatorOps: number;
  deliveries: number;
  operatorOps: number;
  logs: number;
  logsOps: number;
  intake: number;
  invocations: number;
  dispatcherOps: number;
}

export interface PlaneSettings {
  access: Accounts;
  domain: string;
  runtimeImage: string;
  /** The activator's log gets a line for each request. */
  accessLog?: boolean;
  /** Tell the operator where the activator is, for an API server that has no EndpointSlice of it. */
  activatorOpsUrls?: boolean;
  /** A process for the next compile waits for it: changes answer sooner, for the memory of one more process. */
  compileAhead?: boolean;
  /** Where functions' lines are kept; needs `access.logs`. */
  keptLogs?: string;
  /** Where accepted work is kept; needs `access.dispatcher`. */
  keptWork?: string;
}

export function operatorEnv({ access, ...settings }: PlaneSettings, ports: PlanePorts): Env {
  return {
    ...access.operator,
    CATNAP_DOMAIN: settings.domain,
    CATNAP_URL_SCHEME: 'http',
    CATNAP_URL_PORT: String(ports.gateway),
    CATNAP_RUNTIME_IMAGE: settings.runtimeImage,
    CATNAP_OPS_HOST: HOST,
    CATNAP_OPS_PORT: String(ports.operatorOps),
    CATNAP_BUNDLER_PROGRAM: BUNDLER,
    ...(settings.compileAhead ? { CATNAP_BUNDLER_AHEAD: 'true' } : {}),
    ...(settings.activatorOpsUrls ? { CATNAP_ACTIVATOR_URLS: `http://${HOST}:${ports.activatorOps}` } : {}),
  };
}

export function activatorEnv(settings: PlaneSettings, ports: PlanePorts): Env {
  const { access, domain, accessLog, keptWork } = settings;
  const dispatched = access.dispatcher !== undefined && keptWork !== undefined;
  return {
    ...access.activator,
    CATNAP_DOMAIN: domain,
    // Whoever asks here is who wrote the function.
    CATNAP_ERROR_DETAIL: 'true',
    ...(accessLog ? { CATNAP_ACCESS_LOG: '1' } : {}),
    CATNAP_GATEWAY_HOST: HOST,
    CATNAP_GATEWAY_PORT: String(ports.gateway),
    CATNAP_OPS_HOST: HOST,
    CATNAP_OPS_PORT: String(ports.activatorOps),
    ...(dispatched && {
      CATNAP_DISPATCHER_URL: `http://${HOST}:${ports.intake}`,
      CATNAP_DELIVERY_HOST: HOST,
      CATNAP_DELIVERY_PORT: String(ports.deliveries),
      // The functions end together with it: what is cut off is delivered anew by the next run.
      CATNAP_DELIVERY_DRAIN_SECONDS: '0',
    }),
  };
}

/** Undefined: no lines are kept. */
export function logKeeperEnv({ access, keptLogs }: PlaneSettings, ports: PlanePorts): Env | undefined {
  if (access.logs === undefined || keptLogs === undefined) return undefined;
  return {
    ...access.logs,
    CATNAP_LOGS_FOLDER: keptLogs,
    CATNAP_LOGS_HOST: HOST,
    CATNAP_LOGS_PORT: String(ports.logs),
    CATNAP_OPS_HOST: HOST,
    CATNAP_OPS_PORT: String(ports.logsOps),
  };
}

/** Undefined: nothing is called but while somebody waits. */
export function dispatcherEnv({ access, keptWork }: PlaneSettings, ports: PlanePorts): Env | undefined {
  if (access.dispatcher === undefined || keptWork === undefined) return undefined;
  return {
    ...access.dispatcher,
    CATNAP_STORE_FOLDER: keptWork,
    HOST,
    CATNAP_INTAKE_PORT: String(ports.intake),
    CATNAP_INVOCATIONS_PORT: String(ports.invocations),
    CATNAP_OPS_PORT: String(ports.dispatcherOps),
  };
}
