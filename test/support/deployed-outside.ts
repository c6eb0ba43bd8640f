import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { applyCrds } from '../../local/run/cluster.ts';
import { ControlPlane } from '../../local/run/control-plane.ts';
import { receivedBy } from './activator-metrics.ts';
import type { Deployed } from './deployed.ts';
import { processPart } from './process-part.ts';
import { inherited, settings } from './settings.ts';

/** Operator and activator as processes of this machine, with the rights of a real cluster's kubeconfig. */
export async function deployOutside(kubeconfig: string): Promise<Deployed> {
  const dir = await mkdtemp(join(tmpdir(), 'catnap-e2e-'));
  const access = { KUBECONFIG: kubeconfig };
  const kube = new KubeClient(await clusterAccess({ ...access, HOME: settings.HOME }));
  await applyCrds(kube, AbortSignal.timeout(60_000));
  const plane = await ControlPlane.start({
    access: { operator: access, activator: access },
    inherited,
    logDir: dir,
    from: 'dist',
    domain: 'localhost',
    runtimeImage: settings.CATNAP_RUNTIME_IMAGE,
    gatewayPort: 0,
    // The API server takes no loopback address in an EndpointSlice; so the operator is told.
    activatorOpsUrls: true,
  });
  await plane.ready(AbortSignal.timeout(60_000));
  return { ...fromPlane(plane, kube, kubeconfig), [Symbol.asyncDispose]: () => end(plane, kube, dir) };
}

async function end(plane: ControlPlane, kube: KubeClient, dir: string): Promise<void> {
  await plane[Symbol.asyncDispose]();
  await kube[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
}

/** What the tests need of a control plane that runs as processes here. */
function fromPlane(plane: ControlPlane, kube: KubeClient, kubeconfig: string): Omit<Deployed, keyof AsyncDisposable> {
  return {
    kubeconfig,
    kube,
    gateway: plane.gateway,
    domain: `localhost:${plane.ports.gateway}`,
    operator: processPart(
      () => plane.operator,
      () => plane.stopOperator(),
      () => plane.startOperator(),
    ),
    activator: processPart(
      () => plane.activator,
      () => plane.stopActivator(),
      () => plane.startActivator(),
    ),
    async received(namespace, name) {
      return receivedBy([`http://127.0.0.1:${plane.ports.activatorOps}/metrics`], namespace, name);
    },
  };
}
