import { after, before } from 'node:test';
import type { KubeClient } from '#platform/kube/client.ts';
import type { Table } from '../../local/chart/go-yaml.ts';
import type { Deployed, Part } from './deployed.ts';
import { deployInstalled } from './deployed-installed.ts';
import { deployLocal } from './deployed-local.ts';
import { deployOutside } from './deployed-outside.ts';
import { GatewayClient } from './gateway.ts';
import { LOCAL_IMAGE, settings } from './settings.ts';
import { World } from './world.ts';

/** Catnap on some cluster, as the tests of one file use it. */
export interface System {
  /** Whether the cluster is the stand-in on this machine. */
  readonly local: boolean;
  readonly kubeconfig: string;
  /** An image for `spec.image`, where the cluster has one. */
  readonly image: string | undefined;
  readonly kube: KubeClient;
  readonly operator: Part;
  readonly activator: Part;
  /** Throws where there is none, as on a cluster whose Catnap runs outside of it. */
  readonly dispatcher: Part;
  readonly hasDispatcher: boolean;
  /** Only of a local cluster. */
  readonly apiServer: Part;
  readonly podRunner: Part;
  /** A fresh namespace; removed when disposed. */
  world(): Promise<World>;
  /** The host a function has at the gateway, before it has a status. */
  host(namespace: string, name: string): string;
  /** Requests the activators have received for a function since they started. */
  received(namespace: string, name: string): Promise<number>;
  /** The same of each activator, by its address. */
  receivedByEach(namespace: string, name: string): Promise<ReadonlyMap<string, number>>;
}

/** So requests that are sent one after the other come to several gateways too, and some as the second of a connection. */
const REQUESTS_PER_CONNECTION = 2;

/**
 * Starts Catnap before the tests of the file, or finds it, and ends what it started after them. A local cluster has two
 * operators and two activators, as an installation has by default: what a test says holds whichever of them a request
 * comes to; and a dispatcher, unless `values` say `dispatcher: { enabled: false }`.
 * @param values of the chart, for a cluster of our own; one that is found has its own
 */
export function useSystem(values: Table = {}): System {
  let deployed: Deployed | undefined;
  let gateway: GatewayClient | undefined;
  const running = (): Deployed => {
    if (deployed === undefined) throw new Error('the system is only there while tests run');
    return deployed;
  };
  before(async () => {
    deployed = await deploySystem(values);
    gateway = new GatewayClient(deployed.gateway, { requestsPerConnection: REQUESTS_PER_CONNECTION });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await deployed?.[Symbol.asyncDispose]();
  });
  return {
    local: settings.CATNAP_TEST_KUBECONFIG === undefined,
    image: settings.CATNAP_TEST_KUBECONFIG === undefined ? LOCAL_IMAGE : settings.CATNAP_TEST_IMAGE,
    get kubeconfig() {
      return running().kubeconfig;
    },
    get kube() {
      return running().kube;
    },
    get operator() {
      return running().operator;
    },
    get activator() {
      return running().activator;
    },
    get dispatcher() {
      return there(running().dispatcher, 'this Catnap has no dispatcher');
    },
    get hasDispatcher() {
      return running().dispatcher !== undefined;
    },
    get apiServer() {
      return there(running().apiServer, 'only a local cluster has this part');
    },
    get podRunner() {
      return there(running().podRunner, 'only a local cluster has this part');
    },
    world: () => World.create(running().kube, gateway as GatewayClient),
    host: (namespace, name) => `${name}.${namespace}.${running().domain}`,
    received: async (namespace, name) =>
      [...(await running().received(namespace, name)).values()].reduce((sum, count) => sum + count, 0),
    receivedByEach: (namespace, name) => running().received(namespace, name),
  };
}

function there(part: Part | undefined, otherwise: string): Part {
  if (part === undefined) throw new Error(otherwise);
  return part;
}

/** On the cluster that the environment names, in one of three ways. */
function deploySystem(values: Table): Promise<Deployed> {
  const { CATNAP_TEST_KUBECONFIG: kubeconfig, CATNAP_TEST_SYSTEM_NAMESPACE: namespace } = settings;
  if (kubeconfig === undefined) return deployLocal(values);
  return namespace === undefined ? deployOutside(kubeconfig) : deployInstalled(kubeconfig, namespace);
}
