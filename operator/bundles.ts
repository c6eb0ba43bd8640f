import { FIELD_MANAGER, LABEL } from '#api/names.ts';
import type { KubeClient } from '#platform/kube.ts';
import { isAlreadyExists, isNotFound } from '#platform/kube-error.ts';
import { CONFIG_MAPS, DEPLOYMENTS, type Deployment } from '#platform/resources.ts';
import { requireOwn, type Writer } from './child-writes.ts';
import { contentHash } from './function/canonical.ts';
import { bundleConfigMap, bundleName, bundleOf, isControlledBy, SOURCE_HASH_ANNOTATION } from './function/children.ts';
import type { BundleRef } from './function/pod.ts';
import type { SourceFiles } from './function/revision.ts';
import { COMPILER, type Compiler } from './source/compiler.ts';
import type { WantedHandler } from './source/exported-handler.ts';
import { SourceError } from './source/source-error.ts';

type Made = { bundle: BundleRef } | { error: SourceError };

/** Which source, compiled with what: bundles of an equal hash need not be made again. */
export function sourceHashOf(source: SourceFiles, { handler, signature }: WantedHandler): string {
  const named = signature === 'auto' ? undefined : signature;
  return contentHash({ source, handler, signature: named, compiler: COMPILER }).slice(0, 32);
}

/** Compiled functions, each stored in the cluster once. */
export class Bundles {
  readonly #compiler: Compiler;
  /** The last result of each function, by its uid: the same source is not compiled at every reconcile. */
  readonly #last = new Map<string, { sourceHash: string; made: Made }>();

  constructor(compiler: Compiler) {
    this.#compiler = compiler;
  }

  /**
   * The stored bundle of `source`; made if there is none. Throws a SourceError when it does not compile, a ChildError
   * when another's ConfigMap has its name.
   * @param deployments the function's own: a bundle that one of them refers to is there.
   * @param doubted a bundle that a pod did not find.
   */
  async ensure(
    writer: Writer,
    source: SourceFiles,
    { deployments, doubted }: { deployments: readonly Deployment[]; doubted: string | undefined },
  ): Promise<BundleRef> {
    const { fn } = writer;
    const sourceHash = sourceHashOf(source, fn.spec);
    const last = this.#last.get(fn.metadata.uid);
    const made = last?.sourceHash === sourceHash ? last.made : storedBundle(deployments, sourceHash);
    if (made !== undefined && 'error' in made) throw made.error;
    if (made !== undefined && (made.bundle.name !== doubted || (await isThere(writer, doubted)))) return made.bundle;
    const bundle = await this.#make(writer, source, sourceHash);
    this.#last.set(fn.metadata.uid, { sourceHash, made: { bundle } });
    return bundle;
  }

  async #make(writer: Writer, source: SourceFiles, sourceHash: string): Promise<BundleRef> {
    const { fn } = writer;
    const chunks = await this.#compiler.compile(source, fn.spec).catch((error: unknown) => {
      if (error instanceof SourceError) this.#last.set(fn.metadata.uid, { sourceHash, made: { error } });
      throw error;
    });
    const name = bundleName(fn, chunks);
    await store(writer, name, chunks);
    return { name, chunks: chunks.length };
  }

  /** Deletes the function's bundles that neither a Deployment nor `current` refers to. */
  async collect({ kube, fn, signal }: Writer, current: BundleRef | undefined): Promise<void> {
    const { namespace, name } = fn.metadata;
    const selection = { namespace, labelSelector: `${LABEL.function}=${name}`, signal };
    const bundles = await kube.listAll(CONFIG_MAPS, selection);
    // Asked for, not as last heard of: one that was made a moment ago refers to its bundle too.
    const deployments = await kube.listAll(DEPLOYMENTS, selection);
    const used = new Set([current?.name, ...deployments.items.map((deployment) => bundleOf(deployment)?.name)]);
    const unused = bundles.items.filter((item) => isControlledBy(item, fn) && !used.has(item.metadata?.name));
    await Promise.all(unused.map((item) => deleteConfigMap(kube, namespace, item.metadata?.name ?? '', signal)));
  }

  /** The function is gone. */
  forget(uid: string): void {
    this.#last.delete(uid);
  }
}

function storedBundle(deployments: readonly Deployment[], sourceHash: string): Made | undefined {
  const same = deployments.find(({ metadata }) => metadata?.annotations?.[SOURCE_HASH_ANNOTATION] === sourceHash);
  const bundle = same && bundleOf(same);
  return bundle && { bundle };
}

async function isThere({ kube, fn, signal }: Writer, name: string): Promise<boolean> {
  const found = await kube
    .get(CONFIG_MAPS, { namespace: fn.metadata.namespace, name }, { signal })
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  return found !== undefined;
}

async function store({ kube, fn, signal }: Writer, name: string, chunks: readonly string[]): Promise<void> {
  try {
    await kube.create(CONFIG_MAPS, bundleConfigMap(fn, name, chunks), { fieldManager: FIELD_MANAGER.operator, signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const existing = await kube.get(CONFIG_MAPS, { namespace: fn.metadata.namespace, name }, { signal });
    requireOwn(existing, fn, 'ConfigMap');
  }
}

async function deleteConfigMap(kube: KubeClient, namespace: string, name: string, signal: AbortSignal): Promise<void> {
  await kube.delete(CONFIG_MAPS, { namespace, name }, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
