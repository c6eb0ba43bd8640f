/** Where a function's compiled code is stored: in immutable ConfigMaps, named by what they hold. Pure. */
import { hash } from 'node:crypto';
import type { FunctionObject } from '#api/function.ts';
import { GROUP, RUNTIME_ENV } from '#api/names.ts';
import type { ConfigMap, Deployment } from '#platform/kube/resources.ts';
import { canonicalJson, contentHash } from './content-hash.ts';
import { childLabels, isControlledBy, ownerReference } from './owned.ts';

/** On a Deployment: uids of the ConfigMaps that its bundle was stored in, with commas between them. */
export const BUNDLE_UID_ANNOTATION = `${GROUP}/bundle-uid`;
/** On a Deployment: names of the ConfigMaps that hold its source map, with commas between them, where the bundle has none. */
const SOURCE_MAP_ANNOTATION = `${GROUP}/source-map`;
/** On a Deployment: what the author of its source has to know although it compiled. */
const SOURCE_NOTES_ANNOTATION = `${GROUP}/source-notes`;

/** Chunks in one ConfigMap: 840 KiB of the 1,024 that it may hold. */
export const CONFIG_MAP_CHUNKS = 7;

/** One of the ConfigMaps that a bundle is stored in. */
interface BundlePart {
  name: string;
  /** Its keys are "0" … "<chunks - 1>". */
  chunks: number;
  /** The ConfigMap's uid when it was stored: an immutable one of that uid holds what was stored. */
  uid?: string | undefined;
}

/** Where a revision's bundle is stored. */
export interface BundleRef {
  /** In the order in which a pod puts them together. */
  parts: readonly BundlePart[];
  /** SHA-256 of the chunks, one after the other, in hex; undefined where the Deployment is older than this check. */
  sha256?: string | undefined;
  /** Names of the ConfigMaps that hold its source map; absent: the bundle has it, or it is not kept. */
  map?: readonly string[];
  /** What the author of the source has to know. */
  notes?: string;
}

/** Text that is stored in one ConfigMap. */
export interface StoredText {
  name: string;
  chunks: readonly string[];
}

/** The ConfigMaps that hold `chunks`, e.g. `hello-bundle-4f1d0c9a7b2e6d35`. */
export function storedText(fn: FunctionObject, what: 'bundle' | 'map', chunks: readonly string[]): StoredText[] {
  return Array.from({ length: Math.ceil(chunks.length / CONFIG_MAP_CHUNKS) }, (_, index) => {
    const own = chunks.slice(index * CONFIG_MAP_CHUNKS, (index + 1) * CONFIG_MAP_CHUNKS);
    return { name: `${fn.metadata.name}-${what}-${contentHash(own).slice(0, 16)}`, chunks: own };
  });
}

/** Never changed. */
export function storedConfigMap(fn: FunctionObject, { name, chunks }: StoredText): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: fn.metadata.namespace,
      labels: childLabels(fn),
      ownerReferences: [ownerReference(fn)],
    },
    immutable: true,
    data: Object.fromEntries(chunks.map((chunk, index) => [String(index), chunk])),
  };
}

/** SHA-256 of the chunks as a pod puts them together: 64 hex digits. */
export function bundleDigest(chunks: readonly string[]): string {
  return hash('sha256', chunks.join(''));
}

/** Equal ones are stored in the same ConfigMaps. */
export function bundleId({ parts }: BundleRef): string {
  return parts.map(({ name }) => name).join(' ');
}

/**
 * Whether the ConfigMaps hold what was stored in them, and can hold nothing else.
 * @param configMaps of the bundle's parts, in order.
 */
export function isIntact(configMaps: readonly ConfigMap[], bundle: BundleRef, fn: FunctionObject): boolean {
  const held = bundle.parts.map(({ chunks }, part) =>
    Array.from({ length: chunks }, (_, index) => configMaps[part]?.data?.[index] ?? ''),
  );
  const same =
    bundle.sha256 === undefined
      ? bundle.parts.every(({ name }, part) => storedText(fn, 'bundle', held[part] ?? [])[0]?.name === name)
      : bundleDigest(held.flat()) === bundle.sha256;
  return same && configMaps.every((one) => one.immutable === true && isControlledBy(one, fn));
}

/** Whether a ConfigMap that was found is the very one that would be stored. */
export function isAsStored(found: ConfigMap, wanted: ConfigMap, fn: FunctionObject): boolean {
  const same = canonicalJson(found.data ?? {}) === canonicalJson(wanted.data);
  return same && found.immutable === true && isControlledBy(found, fn);
}

/** Whether a container's variable has to do with its bundle. */
export function isBundleVariable({ name }: { name: string }): boolean {
  return name.startsWith(RUNTIME_ENV.bundlePrefix);
}

/** What a Deployment tells of its bundle besides its pods' variables. */
export function bundleAnnotations({ parts, map = [], notes }: BundleRef): Record<string, string> {
  const uids = parts.flatMap(({ uid }) => uid ?? []);
  return {
    ...(uids.length > 0 && { [BUNDLE_UID_ANNOTATION]: uids.join(',') }),
    ...(map.length > 0 && { [SOURCE_MAP_ANNOTATION]: map.join(',') }),
    ...(notes && { [SOURCE_NOTES_ANNOTATION]: notes }),
  };
}

/** The bundle that a Deployment's pods load; undefined for an image. */
export function bundleOf(deployment: Deployment): BundleRef | undefined {
  const env = (deployment.spec?.template.spec?.containers ?? []).flatMap((container) => container.env ?? []);
  const refs = env.filter(isBundleVariable).flatMap((variable) => variable.valueFrom?.configMapKeyRef ?? []);
  if (refs.length === 0) return undefined;
  const annotations = deployment.metadata?.annotations ?? {};
  const uids = annotations[BUNDLE_UID_ANNOTATION]?.split(',') ?? [];
  const map = annotations[SOURCE_MAP_ANNOTATION]?.split(',');
  const notes = annotations[SOURCE_NOTES_ANNOTATION];
  return {
    parts: [...new Set(refs.map((ref) => ref.name ?? ''))].map((name, index) => ({
      name,
      chunks: refs.filter((ref) => ref.name === name).length,
      uid: uids[index],
    })),
    sha256: env.find((variable) => variable.name === RUNTIME_ENV.bundleSha256)?.value,
    ...(map && { map }),
    ...(notes !== undefined && { notes }),
  };
}
