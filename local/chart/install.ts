/** Installs the chart as Helm does, for clusters where there is no Helm: tests, and the one on a laptop. */
import type { KubeClient } from '#platform/kube/client.ts';
import type { KubeObject } from '#platform/kube/resources.ts';
import { ClusterObjects, describe } from './cluster-objects.ts';
import { runHooks } from './hooks.ts';
import { membersOf, type RenderedObject } from './manifests.ts';
import { type RenderOptions, renderChart } from './render.ts';

export interface InstallOptions extends RenderOptions {
  /** Returns when the Deployments have all their replicas, like `helm --wait`; default true. */
  wait?: boolean;
}

export interface InstallTarget {
  kube: KubeClient;
  signal: AbortSignal;
  /** Longest that one object is waited for, in milliseconds; default: five minutes, as `helm --timeout`. */
  deadlineMs?: number;
}

/** What an upgrade or removal has to know of the install before. */
export interface InstalledChart {
  release: string;
  namespace: string;
  objects: readonly RenderedObject[];
}

const TIMEOUT_MS = 300_000;
const RELEASE_NAME = 'meta.helm.sh/release-name';
const RELEASE_NAMESPACE = 'meta.helm.sh/release-namespace';

/**
 * `helm install --create-namespace`. Throws, without having changed anything but hooks, when an object is there that is not
 * the release's. Templates that look something up find nothing.
 */
export async function installChart(target: InstallTarget, options: InstallOptions): Promise<InstalledChart> {
  const cluster = clusterOf(target);
  const next = render(options, false);
  for (const { object } of membersOf(next.objects)) await requireOurs(cluster, object);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: options.namespace } };
  if ((await cluster.find(namespace)) === undefined) await cluster.apply(namespace);
  await runHooks(cluster, next.objects, 'pre-install');
  await bringUp(cluster, next, options);
  await runHooks(cluster, next.objects, 'post-install');
  return next;
}

/** `helm upgrade`: removes what is no longer rendered. The release's name and namespace stay. */
export async function upgradeChart(
  target: InstallTarget,
  before: InstalledChart,
  options: InstallOptions,
): Promise<InstalledChart> {
  const cluster = clusterOf(target);
  const next = render({ ...options, release: before.release, namespace: before.namespace }, true);
  await runHooks(cluster, next.objects, 'pre-upgrade');
  await bringUp(cluster, next, options);
  const kept = new Set(membersOf(next.objects).map(({ object }) => keyOf(object)));
  await removeMembers(cluster, before, (object) => !kept.has(keyOf(object)));
  await runHooks(cluster, next.objects, 'post-upgrade');
  return next;
}

/** `helm uninstall`, with the hooks of the install that is there. The namespace stays. */
export async function uninstallChart(target: InstallTarget, installed: InstalledChart): Promise<void> {
  const cluster = clusterOf(target);
  await runHooks(cluster, installed.objects, 'pre-delete');
  await removeMembers(cluster, installed, () => true);
  await runHooks(cluster, installed.objects, 'post-delete');
}

/** `helm test`. Throws when the test fails. */
export async function testChart(target: InstallTarget, installed: InstalledChart): Promise<void> {
  await runHooks(clusterOf(target), installed.objects, 'test');
}

function clusterOf({ kube, signal, deadlineMs = TIMEOUT_MS }: InstallTarget): ClusterObjects {
  return new ClusterObjects(kube, signal, deadlineMs);
}

function render(options: InstallOptions, upgrade: boolean): InstalledChart {
  const { release, namespace } = options;
  return { release, namespace, objects: renderChart({ ...options, upgrade }).map((one) => marked(one, options)) };
}

function marked(rendered: RenderedObject, { release, namespace }: InstallOptions): RenderedObject {
  if (rendered.hooks.length > 0) return rendered;
  const { metadata } = rendered.object;
  const annotations = { ...metadata?.annotations, [RELEASE_NAME]: release, [RELEASE_NAMESPACE]: namespace };
  return { ...rendered, object: { ...rendered.object, metadata: { ...metadata, annotations } } };
}

async function requireOurs(cluster: ClusterObjects, object: KubeObject): Promise<void> {
  const existing = await cluster.find(object);
  if (existing === undefined) return;
  const { [RELEASE_NAME]: name, [RELEASE_NAMESPACE]: namespace } = existing.metadata?.annotations ?? {};
  const wanted = object.metadata?.annotations ?? {};
  if (name === wanted[RELEASE_NAME] && namespace === wanted[RELEASE_NAMESPACE]) return;
  const owner = name === undefined ? 'no release' : `the release ${name} in namespace ${namespace}`;
  throw new Error(`${describe(object)} is there already and belongs to ${owner}; remove it, or choose another name`);
}

async function bringUp(cluster: ClusterObjects, { objects }: InstalledChart, options: InstallOptions): Promise<void> {
  const members = membersOf(objects).map(({ object }) => object);
  for (const object of members) await cluster.apply(object);
  if (options.wait === false) return;
  for (const object of members) {
    if (object.kind === 'Deployment') await cluster.wait(object, 'it has not all its replicas', isComplete);
  }
}

async function removeMembers(
  cluster: ClusterObjects,
  { objects }: InstalledChart,
  which: (object: KubeObject) => boolean,
): Promise<void> {
  const members = membersOf(objects).map(({ object }) => object);
  const kept = (object: KubeObject) => object.metadata?.annotations?.['helm.sh/resource-policy'] === 'keep';
  for (const object of members.toReversed()) if (which(object) && !kept(object)) await cluster.delete(object);
}

interface Rollout {
  metadata?: { generation?: number };
  spec?: { replicas?: number };
  status?: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number; replicas?: number };
}

function isComplete(deployment: KubeObject | undefined): boolean {
  const { metadata, spec, status = {} } = (deployment ?? {}) as Rollout;
  const wanted = spec?.replicas ?? 1;
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
  const seen = deployment !== undefined && observedGeneration >= (metadata?.generation ?? 0);
  return seen && updatedReplicas >= wanted && availableReplicas >= wanted && replicas <= wanted;
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return `${apiVersion} ${kind} ${metadata?.namespace ?? ''}/${metadata?.name}`;
}
