/** The one node of the local cluster, as the API server knows it. */
import { availableParallelism, release, totalmem } from 'node:os';
import type { KubeClient } from '#platform/kube/client.ts';
import { isAlreadyExists, isNotFound } from '#platform/kube/error.ts';
import { LEASES } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import { pause } from '#platform/time/deadline.ts';
import { NODES, type Node, timestamp } from '../controllers/kinds.ts';
import type { NodeFacts } from './scheduling.ts';

const HEARTBEAT_MS = 10_000;
const LEASE_NAMESPACE = 'kube-node-lease';
const RETRY_MS = 1_000;

export function nodeFacts(name: string): NodeFacts {
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': process.arch === 'x64' ? 'amd64' : process.arch,
  };
  return { name, labels, cpu: availableParallelism(), memory: totalmem() };
}

/** Registers the node, and again whenever the API server has lost it; resolves after the first time. */
export async function keepRegistered(
  deps: { kube: KubeClient; log: Log; signal: AbortSignal },
  facts: NodeFacts,
  endpoint: { address: string; port: number },
): Promise<void> {
  const startedAt = timestamp(Date.now());
  await register();
  void (async () => {
    while (!deps.signal.aborted) {
      await pause(HEARTBEAT_MS, deps.signal);
      await register();
    }
  })();

  async function register(): Promise<void> {
    while (!deps.signal.aborted) {
      try {
        await writeNode(deps, facts, nodeStatus(facts, endpoint, startedAt));
        return await renewLease(deps, facts.name);
      } catch (error) {
        if (deps.signal.aborted) return;
        deps.log.warn({ err: error, retryInMs: RETRY_MS }, 'node not registered');
        await pause(RETRY_MS, deps.signal);
      }
    }
  }
}

/** The sign of life that clients look for beside the node. */
async function renewLease({ kube, signal }: { kube: KubeClient; signal: AbortSignal }, name: string): Promise<void> {
  const ref = { namespace: LEASE_NAMESPACE, name };
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTime() };
  try {
    await kube.patch(LEASES, ref, { type: 'merge', body: { spec } }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await kube.create(LEASES, { metadata: ref, spec }, { signal });
  }
}

const microTime = (): string => new Date().toISOString().replace('Z', '000Z');

async function writeNode(
  { kube, signal }: { kube: KubeClient; signal: AbortSignal },
  { name, labels }: NodeFacts,
  status: NonNullable<Node['status']>,
): Promise<void> {
  const write = () =>
    kube.patch(NODES, { name }, { type: 'merge', body: { status } }, { subresource: 'status', signal });
  try {
    await write();
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await kube.create(NODES, { metadata: { name, labels } }, { signal }).catch((other: unknown) => {
      if (!isAlreadyExists(other)) throw other;
    });
    await write();
  }
}

function nodeStatus(
  { name, cpu, memory }: NodeFacts,
  { address, port }: { address: string; port: number },
  startedAt: string,
): NonNullable<Node['status']> {
  const capacity = { cpu: String(cpu), memory: `${Math.floor(memory / 1024)}Ki`, pods: '1000' };
  const now = timestamp(Date.now());
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: startedAt,
  });
  return {
    capacity,
    allocatable: capacity,
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    nodeInfo: {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      bootID: '',
      containerRuntimeVersion: 'local://1.0.0',
      kernelVersion: release(),
      kubeProxyVersion: '',
      kubeletVersion: 'v1.36.0',
      machineID: '',
      operatingSystem: 'linux',
      osImage: 'local processes',
      systemUUID: '',
    },
  };
}
