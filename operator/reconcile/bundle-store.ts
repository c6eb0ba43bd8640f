import type { FunctionObject } from '#api/function.ts';
import { FIELD_MANAGER, LABEL } from '#api/names.ts';
import { isAlreadyExists, isNotFound } from '#platform/kube/error.ts';
import { CONFIG_MAPS, type ConfigMap, DEPLOYMENTS, type Deployment } from '#platform/kube/resources.ts';
import { SOURCE_HASH_ANNOTATION } from '../function/children.ts';
import { isControlledBy } from '../function/owned.ts';
import {
  type BundleRef,
  bundleDigest,
  bundleOf,
  isAsStored,
  isIntact,
  type StoredText,
  storedConfigMap,
  storedText,
} from '../function/stored-bundle.ts';
import type { CompiledSource } from '../source/compile-source.ts';
import type { Compiler, Wanted } from '../source/compiler.ts';
import type { SourceError } from '../source/source-error.ts';
import { sourceHashOf } from '../source/source-hash.ts';
import type { ReferencedConfigMaps } from '../watches/config-maps.ts';
import { ChildError, requireOwn, type Writer } from './apply-children.ts';
import type { WantedSource } from './desired-revision.ts';
import { SourceStacks } from './source-stacks.ts';

/** Longest that is said of a source that compiled, in characters. */
const NOTES_MAX = 1_000;

type Made = { bundle: BundleRef } | { error: SourceError };

/** Compiled functions, each stored in the cluster once. */
export class BundleStore {
  /** Lines of the source in place of those of a bundle. */
  readonly stacks = new SourceStacks();
  readonly #compiler: Compiler;
  readonly #configMaps: ReferencedConfigMaps;
  /** The last result of each function, by its uid: the same source is not compiled at every reconcile. */
  readonly #last = new Map<string, { sourceHash: string; made: Made }>();
  /** By the function's uid and the ConfigMap's name: uid of the ConfigMap whose content was found to be the bundle. */
  readonly #intact = new Map<string, Map<string, string>>();

  constructor(compiler: Compiler, configMaps: ReferencedConfigMaps) {
    this.#compiler = compiler;
    this.#configMaps = configMaps;
  }

  /**
   * The stored bundle of `source`; made if there is none, and put back if it was deleted or replaced. Undefined while it is
   * compiled: the function's key is added again then. Throws a SourceError when it does not compile, a ChildError when
   * another's ConfigMap has its name.
   * @param deployments the function's own: a bundle that one of them refers to was stored.
   */
  async ensure(
    writer: Writer,
    source: WantedSource,
    deployments: readonly Deployment[],
  ): Promise<BundleRef | undefined> {
    const { uid, namespace, name } = writer.fn.metadata;
    const named = deployments.flatMap((deployment) => namesOf(bundleOf(deployment)));
    const key = `${namespace}/${name}`;
    this.#configMaps.use(key, 'bundles', named);
    const last = this.#last.get(uid);
    const made = last?.sourceHash === source.hash ? last.made : storedBundle(deployments, source.hash);
    if (made !== undefined && 'error' in made) throw made.error;
    const before = made?.bundle;
    const isThere = before !== undefined && (await this.isIntact(writer, before));
    const bundle = isThere ? before : await this.#make(writer, source, [...named, ...namesOf(before)]);
    if (bundle !== undefined) this.#configMaps.use(key, 'bundles', [...named, ...namesOf(bundle)]);
    return bundle;
  }

  /**
   * Whether the ConfigMaps hold what was stored in them. They are asked for only when one is another than the last time: what
   * is stored is immutable.
   */
  async isIntact({ kube, fn, signal }: Writer, bundle: BundleRef): Promise<boolean> {
    const { namespace, uid } = fn.metadata;
    const known = this.#intact.get(uid);
    const isKnown = bundle.parts.every((part) => {
      const knownUid = known?.get(part.name) ?? part.uid;
      return knownUid !== undefined && this.#configMaps.versionOf(namespace, part.name)?.uid === knownUid;
    });
    if (isKnown) return true;
    const found: ConfigMap[] = [];
    for (const { name } of bundle.parts) {
      // It may also be that the watch does not show it yet.
      const one = await kube.get(CONFIG_MAPS, { namespace, name }, { signal }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (one === undefined) return false;
      found.push(one);
    }
    if (!isIntact(found, bundle, fn)) return false;
    for (const one of found) this.#note(fn, one);
    return true;
  }

  async #make(writer: Writer, source: WantedSource, ours: readonly string[]): Promise<BundleRef | undefined> {
    const { fn } = writer;
    const { uid } = fn.metadata;
    const compiled = this.#compiler.compiled(wantedOf(fn, source));
    if (compiled === undefined) return undefined;
    if ('error' in compiled) {
      this.#last.set(uid, { sourceHash: source.hash, made: compiled });
      this.#compiler.forget(uid);
      throw compiled.error;
    }
    const bundle = await this.#store(writer, compiled, ours);
    this.#compiler.forget(uid);
    this.#last.set(uid, { sourceHash: source.hash, made: { bundle } });
    return bundle;
  }

  /** @param ours names of ConfigMaps that Deployments of the function refer to. */
  async #store(writer: Writer, compiled: CompiledSource, ours: readonly string[]): Promise<BundleRef> {
    const { fn } = writer;
    const { chunks, notes } = compiled;
    const parts: BundleRef['parts'][number][] = [];
    for (const text of storedText(fn, 'bundle', chunks)) {
      const stored = await store(writer, text, { replace: ours.includes(text.name) });
      this.#note(fn, stored);
      parts.push({ name: text.name, chunks: text.chunks.length, uid: stored.metadata?.uid });
    }
    const map = storedText(fn, 'map', compiled.map);
    for (const text of map) await store(writer, text, { replace: false });
    return {
      parts,
      sha256: bundleDigest(chunks),
      ...(map.length > 0 && { map: map.map(({ name }) => name) }),
      ...(notes.length > 0 && { notes: notes.join('; ').slice(0, NOTES_MAX) }),
    };
  }

  #note(fn: FunctionObject, { metadata }: ConfigMap): void {
    const known = this.#intact.get(fn.metadata.uid) ?? new Map<string, string>();
    this.#intact.set(fn.metadata.uid, known.set(metadata?.name ?? '', metadata?.uid ?? ''));
  }

  /** Deletes the function's bundles that neither a Deployment nor `current` refers to. */
  async collect(writer: Writer, current: BundleRef | undefined): Promise<void> {
    const { kube, fn, signal } = writer;
    const { namespace, name } = fn.metadata;
    const selection = { namespace, labelSelector: `${LABEL.function}=${name}`, signal };
    const bundles = await kube.listAll(CONFIG_MAPS, selection);
    // Asked for, not as last heard of: one that was made a moment ago refers to its bundle too.
    const deployments = await kube.listAll(DEPLOYMENTS, selection);
    const inUse = [current, ...deployments.items.map((deployment) => bundleOf(deployment))];
    const used = new Set(inUse.flatMap((bundle) => [...namesOf(bundle), ...(bundle?.map ?? [])]));
    const unused = bundles.items.filter((item) => isControlledBy(item, fn) && !used.has(item.metadata?.name ?? ''));
    await Promise.all(unused.map((item) => deleteConfigMap(writer, item)));
  }

  /** The function is gone. */
  forget(uid: string): void {
    this.#last.delete(uid);
    this.#intact.delete(uid);
    this.stacks.forget(uid);
    this.#compiler.forget(uid);
  }
}

function wantedOf({ metadata, spec }: FunctionObject, source: WantedSource): Wanted {
  const { uid, namespace, name } = metadata;
  const handler = { handler: spec.handler, signature: spec.signature };
  const load = async () => {
    const files = await source.files();
    return sourceHashOf(files, handler) === source.hash ? files : undefined;
  };
  return { uid, namespace, key: `${namespace}/${name}`, sourceHash: source.hash, handler, load };
}

function storedBundle(deployments: readonly Deployment[], sourceHash: string): Made | undefined {
  const same = deployments.find(({ metadata }) => metadata?.annotations?.[SOURCE_HASH_ANNOTATION] === sourceHash);
  const bundle = same && bundleOf(same);
  return bundle && { bundle };
}

/** Of the ConfigMaps that it is stored in. */
function namesOf(bundle: BundleRef | undefined): string[] {
  return bundle?.parts.map(({ name }) => name) ?? [];
}

/**
 * Stores it; what else is there by that name goes if it is the function's own or, with `replace`, any: a Deployment of
 * the function refers to it, so it was put in the bundle's place. Returns what is there now.
 */
async function store(writer: Writer, text: StoredText, { replace }: { replace: boolean }): Promise<ConfigMap> {
  const { kube, fn, signal } = writer;
  const { namespace } = fn.metadata;
  const wanted = storedConfigMap(fn, text);
  const created = await create(writer, wanted);
  if (created !== undefined) return created;
  const existing = await kube.get(CONFIG_MAPS, { namespace, name: text.name }, { signal });
  if (isAsStored(existing, wanted, fn)) return existing;
  if (!replace) requireOwn(existing, fn, 'ConfigMap');
  await deleteConfigMap(writer, existing);
  const again = await create(writer, wanted);
  if (again !== undefined) return again;
  throw new ChildError(
    'NameTaken',
    `the ConfigMap ${namespace}/${text.name} does not hold the function's compiled code any more and cannot be replaced. Delete it, its finalizers first`,
  );
}

/** Undefined: there is one of that name. */
async function create({ kube, signal }: Writer, wanted: ConfigMap): Promise<ConfigMap | undefined> {
  const options = { fieldManager: FIELD_MANAGER.operator, signal };
  return kube.create(CONFIG_MAPS, wanted, options).catch((error: unknown) => {
    if (isAlreadyExists(error)) return undefined;
    throw error;
  });
}

/** That very one. */
async function deleteConfigMap({ kube, signal }: Writer, { metadata }: ConfigMap): Promise<void> {
  const { namespace = '', name = '', uid = '' } = metadata ?? {};
  await kube.delete(CONFIG_MAPS, { namespace, name }, { preconditions: { uid }, signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
