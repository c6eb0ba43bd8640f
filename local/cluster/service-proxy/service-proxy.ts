/** What kube-proxy does on a node: connections to Services reach their endpoints. */
import { randomInt } from 'node:crypto';
import type { EventNote } from '#platform/controller/event-recorder.ts';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import type { Informer } from '#platform/informer/informer.ts';
import type { EndpointSlice, KubeObject, Service } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import { keyOf, splitKey } from '../controllers/kinds.ts';
import { SERVICE_LABEL } from '../controllers/service-endpoints.ts';
import { lowPortOffset } from '../machine/low-ports.ts';
import { Forwarder } from './forwarder.ts';
import { type Backend, backendsOf, type Route, routesOf } from './routes.ts';

interface ServiceProxyDeps {
  services: Informer<Service>;
  endpointSlices: Informer<EndpointSlice>;
  log: Log;
  events: { record(about: KubeObject, note: EventNote): void };
}

/** A port that another program has is tried again after this long. */
const TRY_AGAIN_MS = 10_000;

export class ServiceProxy implements AsyncDisposable {
  readonly #deps: ServiceProxyDeps;
  readonly #queue: WorkQueue;
  /** By the Service's key, then by the route's. */
  readonly #open = new Map<string, Map<string, Forwarder>>();
  readonly #complained = new Set<string>();
  readonly #lowPortOffset = lowPortOffset();
  readonly #stop: () => void;

  /** The watches must have synced. */
  constructor(deps: ServiceProxyDeps) {
    this.#deps = deps;
    this.#queue = new WorkQueue({ name: 'service-proxy', run: (key) => this.#listen(key), log: deps.log });
    this.#stop = deps.services.onChange(({ object }) => this.#queue.add(keyOf(object)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.#queue[Symbol.asyncDispose]();
    for (const forwarders of this.#open.values()) for (const forwarder of forwarders.values()) forwarder.close();
  }

  async #listen(key: string): Promise<{ againInMs?: number }> {
    const { namespace, name } = splitKey(key);
    const service = this.#deps.services.get(namespace, name);
    const wanted = new Map(
      (service === undefined ? [] : routesOf(service, this.#lowPortOffset)).map((route) => [routeKey(route), route]),
    );
    const open = this.#open.get(key) ?? new Map<string, Forwarder>();
    for (const [at, forwarder] of open) {
      if (wanted.has(at)) continue;
      forwarder.close();
      open.delete(at);
    }
    const missing = [...wanted].filter(([at]) => !open.has(at));
    const opened = await Promise.all(missing.map(([at, route]) => this.#opened(at, route, open)));
    if (open.size === 0) this.#open.delete(key);
    else this.#open.set(key, open);
    return opened.every(Boolean) ? {} : { againInMs: TRY_AGAIN_MS };
  }

  async #opened(at: string, route: Route, open: Map<string, Forwarder>): Promise<boolean> {
    try {
      open.set(at, await Forwarder.listen(route, () => this.#pick(route)));
      this.#complained.delete(at);
      return true;
    } catch (error) {
      this.#complain(at, route, error as NodeJS.ErrnoException);
      return false;
    }
  }

  #pick({ service, portName }: Route): Backend | undefined {
    const { namespace, name } = splitKey(service);
    const slices = this.#deps.endpointSlices
      .list()
      .filter(({ metadata }) => metadata?.namespace === namespace && metadata.labels?.[SERVICE_LABEL] === name);
    const backends = backendsOf(slices, portName);
    return backends.length === 0 ? undefined : backends[randomInt(backends.length)];
  }

  /** Once: nobody wants to read of it every ten seconds. */
  #complain(at: string, { service, host, port }: Route, error: NodeJS.ErrnoException): void {
    if (this.#complained.has(at)) return;
    this.#complained.add(at);
    const { namespace, name } = splitKey(service);
    const about = this.#deps.services.get(namespace, name);
    const message = `${host}:${port} does not lead to this Service: ${whyNot(error)}`;
    if (about !== undefined) this.#deps.events.record(about, { type: 'Warning', reason: 'NotListening', message });
    this.#deps.log.warn({ service, host, port, err: error }, 'service port not opened');
  }
}

const routeKey = ({ host, port, service, portName }: Route): string => `${host}:${port} ${service} ${portName}`;

function whyNot({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'another program, or another cluster on this machine, has that port';
  if (code === 'EACCES') {
    return 'this user may not listen on ports below 1024; pods that run on Node reach it all the same, others by a NodePort, or allow it: sysctl net.ipv4.ip_unprivileged_port_start=0';
  }
  return message;
}
