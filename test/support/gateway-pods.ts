import type { TestContext } from 'node:test';
import { OPS_PORT_NAME } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { PODS } from '#platform/kube/resources.ts';
import { eventually } from './eventually.ts';
import { GatewayClient } from './gateway.ts';
import type { System } from './system.ts';
import type { World } from './world.ts';

/** One of the gateways behind the Service. */
export interface GatewayPod {
  namespace: string;
  name: string;
  /** Base URL, as the cluster's own network has it. */
  url: string;
  /** URL of its metrics. */
  metrics: string;
}

/** All that are ready, each by itself. */
async function gatewayPods(kube: KubeClient): Promise<GatewayPod[]> {
  const labelSelector = 'app.kubernetes.io/component=activator,app.kubernetes.io/name=catnap';
  const { items } = await kube.listAll(PODS, { labelSelector, signal: AbortSignal.timeout(30_000) });
  return items.flatMap(({ metadata, status, spec }) => {
    const portOf = (wanted: string) => spec?.containers[0]?.ports?.find(({ name }) => name === wanted)?.containerPort;
    const port = portOf('http');
    const isReady = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
    if (status?.podIP === undefined || port === undefined || isReady !== true) return [];
    const host = status.podIP.includes(':') ? `[${status.podIP}]` : status.podIP;
    const metrics = `http://${host}:${portOf(OPS_PORT_NAME)}/metrics`;
    return [
      { namespace: String(metadata?.namespace), name: String(metadata?.name), url: `http://${host}:${port}`, metrics },
    ];
  });
}

/** Once there are two, as a local cluster has; they are reached one by one from this machine there. */
export async function twoGateways(kube: KubeClient): Promise<[GatewayPod, GatewayPod]> {
  return await eventually('two gateways are ready', async () => {
    const [one, other] = await gatewayPods(kube);
    return one !== undefined && other !== undefined && [one, other];
  });
}

/**
 * For what is done at one gateway and seen at the other, until the test ends. Where they are not reached one by one from this
 * machine, both are the address of all of them, whose connections come to either, and the test says so.
 */
export async function oneAndOther(
  t: TestContext,
  system: System,
  world: World,
): Promise<[GatewayClient, GatewayClient]> {
  if (!system.local) {
    t.diagnostic('not checked: which gateway it is; they cannot be reached one by one from here');
    return [world.gateway, world.gateway];
  }
  const [one, other] = (await twoGateways(system.kube)).map(({ url }) => new GatewayClient(url)) as [
    GatewayClient,
    GatewayClient,
  ];
  t.after(async () => {
    await one[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });
  return [one, other];
}
