import { join } from 'node:path';
import { LOGS_PORT_NAME, LOGS_SERVICE } from '#api/kept-log.ts';
import { ACTIVATOR_SERVICE, GATEWAY_SERVICE, OPS_PORT_NAME, SYSTEM_NAMESPACE } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { ENDPOINT_SLICES, type EndpointSlice, NAMESPACES, SERVICES, type Service } from '#platform/kube/resources.ts';
import type { Accounts } from './accounts.ts';
import { freePort } from './free-port.ts';
import { BUNDLER, type Env, type Inherited, type OwnProgram, program } from './programs.ts';
import { Supervised } from './supervised.ts';
import { untilAnswering } from './until-answering.ts';

interface ControlPlaneOptions {
  /** Environment that leads each of them to the API server: CATNAP_API_URL or KUBECONFIG. */
  access: Accounts;
  inherited: Inherited;
  /** Where the programs' logs go. */
  logDir: string;
  from: 'source' | 'dist';
  domain: string;
  runtimeImage: string;
  /** 0: any free one. */
  gatewayPort: number;
  /** The activator's log gets a line for each request. */
  accessLog?: boolean;
  /** Tell the operator where the activator is, for an API server that has no EndpointSlice of it. */
  activatorOpsUrls?: boolean;
  /** A process for the next compile waits for it: changes answer sooner, for the memory of one more process. */
  compileAhead?: boolean;
  /** Where functions' lines are kept; needs `access.logs`. */
  keptLogs?: string;
  onExit?: (name: string, logFile: string) => void;
}

/** Operator and activator, and the log keeper, as processes on this machine, kept running. */
export class ControlPlane implements AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly gateway: string;
  readonly gatewayPort: number;
  readonly activatorOpsPort: number;
  readonly operatorOpsPort: number;
  readonly #options: ControlPlaneOptions;
  #operator: Supervised | undefined;
  #activator: Supervised | undefined;
  #logKeeper: Supervised | undefined;
  /** Where kept lines are read. */
  readonly logsPort: number;
  readonly logsOpsPort: number;

  private constructor(
    options: ControlPlaneOptions,
    ports: [gateway: number, activatorOps: number, operatorOps: number, logs: number, logsOps: number],
  ) {
    this.#options = options;
    [this.gatewayPort, this.activatorOpsPort, this.operatorOpsPort, this.logsPort, this.logsOpsPort] = ports;
    this.gateway = `http://127.0.0.1:${this.gatewayPort}`;
  }

  /** Starts both; `ready` says when they answer. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const own = [await freePort(), await freePort(), await freePort(), await freePort()] as const;
    const plane = new ControlPlane(options, [await freePort(options.gatewayPort), ...own]);
    plane.startActivator();
    plane.startOperator();
    plane.startLogKeeper();
    return plane;
  }

  get activatorLog(): string {
    return this.#logFile('activator');
  }

  /** Rejects when they are not ready before `signal`. */
  async ready(signal: AbortSignal): Promise<void> {
    const ports = [this.activatorOpsPort, this.operatorOpsPort, ...(this.#logKeeper ? [this.logsOpsPort] : [])];
    await Promise.all(ports.map((port) => untilAnswering(`http://127.0.0.1:${port}/readyz`, signal)));
  }

  get operator(): Supervised | undefined {
    return this.#operator;
  }

  get activator(): Supervised | undefined {
    return this.#activator;
  }

  startOperator(): void {
    const { access, domain, runtimeImage, activatorOpsUrls, compileAhead } = this.#options;
    this.#operator ??= this.#supervised('operator', {
      ...access.operator,
      CATNAP_DOMAIN: domain,
      CATNAP_URL_SCHEME: 'http',
      CATNAP_URL_PORT: String(this.gatewayPort),
      CATNAP_RUNTIME_IMAGE: runtimeImage,
      CATNAP_OPS_HOST: '127.0.0.1',
      CATNAP_OPS_PORT: String(this.operatorOpsPort),
      CATNAP_BUNDLER_PROGRAM: BUNDLER,
      ...(compileAhead ? { CATNAP_BUNDLER_AHEAD: 'true' } : {}),
      ...(activatorOpsUrls ? { CATNAP_ACTIVATOR_URLS: `http://127.0.0.1:${this.activatorOpsPort}` } : {}),
    });
  }

  async stopOperator(): Promise<void> {
    await this.#operator?.stop();
    this.#operator = undefined;
  }

  startActivator(): void {
    const { access, domain, accessLog } = this.#options;
    this.#activator ??= this.#supervised('activator', {
      ...access.activator,
      CATNAP_DOMAIN: domain,
      // Whoever asks here is who wrote the function.
      CATNAP_ERROR_DETAIL: 'true',
      ...(accessLog ? { CATNAP_ACCESS_LOG: '1' } : {}),
      CATNAP_GATEWAY_HOST: '127.0.0.1',
      CATNAP_GATEWAY_PORT: String(this.gatewayPort),
      CATNAP_OPS_HOST: '127.0.0.1',
      CATNAP_OPS_PORT: String(this.activatorOpsPort),
    });
  }

  async stopActivator(): Promise<void> {
    await this.#activator?.stop();
    this.#activator = undefined;
  }

  get logKeeper(): Supervised | undefined {
    return this.#logKeeper;
  }

  /** Where logs are kept. */
  startLogKeeper(): void {
    const { access, keptLogs } = this.#options;
    if (access.logs === undefined || keptLogs === undefined) return;
    this.#logKeeper ??= this.#supervised('log-keeper', {
      ...access.logs,
      CATNAP_LOGS_FOLDER: keptLogs,
      CATNAP_LOGS_HOST: '127.0.0.1',
      CATNAP_LOGS_PORT: String(this.logsPort),
      CATNAP_OPS_HOST: '127.0.0.1',
      CATNAP_OPS_PORT: String(this.logsOpsPort),
    });
  }

  async stopLogKeeper(): Promise<void> {
    await this.#logKeeper?.stop();
    this.#logKeeper = undefined;
  }

  /** The activator first: it finishes what it holds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopActivator();
    await this.stopOperator();
    await this.stopLogKeeper();
  }

  #logFile(name: OwnProgram): string {
    return join(this.#options.logDir, `${name}.log`);
  }

  #supervised(name: OwnProgram, env: Env): Supervised {
    const logFile = this.#logFile(name);
    return new Supervised(program(name, this.#options.from, { ...this.#options.inherited, ...env }, logFile), () =>
      this.#options.onExit?.(name, logFile),
    );
  }
}

/** The Services of gateway, activators and log keeper, and where the one of each is, as a cluster would know it. */
export async function publishServices(
  kube: KubeClient,
  { activatorOpsPort, gatewayPort, logsPort }: Pick<ControlPlane, 'activatorOpsPort' | 'gatewayPort' | 'logsPort'>,
  signal: AbortSignal,
): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } };
  const options = { fieldManager: 'catnap-run', signal };
  await kube.apply(NAMESPACES, namespace, options);
  const services = [
    publishedService(GATEWAY_SERVICE, { name: 'http', port: 80, targetPort: gatewayPort }),
    publishedService(ACTIVATOR_SERVICE, { name: OPS_PORT_NAME, port: activatorOpsPort, targetPort: activatorOpsPort }),
    publishedService(LOGS_SERVICE, { name: LOGS_PORT_NAME, port: 80, targetPort: logsPort }),
  ];
  for (const { service, slice } of services) {
    await kube.apply(SERVICES, service, options);
    await kube.apply(ENDPOINT_SLICES, slice, options);
  }
}

/** A Service of one port that leads to this machine. */
function publishedService(name: string, port: { name: string; port: number; targetPort: number }) {
  const metadata = { name, namespace: SYSTEM_NAMESPACE };
  const service: Service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [port] } };
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: port.name, port: port.targetPort, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true, terminating: false } }],
  };
  return { service, slice };
}
