/** Contents of a pod's volumes as files. Pure. */
import { fieldValue, type PodFacts, resourceValue } from './downward.ts';
import type { Container } from './pod-context.ts';

type Volume = NonNullable<NonNullable<PodFacts['pod']['spec']>['volumes']>[number];
type Projection = NonNullable<NonNullable<NonNullable<Volume['projected']>['sources']>[number]>;
type Items = { key: string; path: string; mode?: number }[] | undefined;

/** Raw bytes by key; undefined where there is none of that name. */
export interface VolumeSources {
  configMap(name: string): ReadonlyMap<string, Buffer> | undefined;
  secret(name: string): ReadonlyMap<string, Buffer> | undefined;
  /** Throws a VolumeError when it cannot be had. */
  token(wish: TokenWish): string;
  /** The folder of a claim of the pod's namespace. Throws an error when it is not bound. */
  claim(name: string): string;
}

/** A token of the pod's service account. */
export interface TokenWish {
  /** Whom it is for; undefined: the API server. */
  audience: string | undefined;
  expirationSeconds: number;
}

export interface VolumeFile {
  bytes: Buffer;
  mode: number;
}

type VolumeContent =
  | { kind: 'files'; files: Map<string, VolumeFile> }
  | { kind: 'empty' }
  /** A folder, or a file, of this machine. */
  | { kind: 'host'; path: string; readOnly?: boolean };

/** The volume cannot be set up (yet): becomes a FailedMount event. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

export function volumeContent(volume: Volume, facts: PodFacts, sources: VolumeSources): VolumeContent {
  if (volume.emptyDir !== undefined) return { kind: 'empty' };
  if (volume.hostPath !== undefined) return { kind: 'host', path: volume.hostPath.path };
  const { secret, configMap, downwardAPI, projected, persistentVolumeClaim } = volume;
  if (persistentVolumeClaim !== undefined) {
    const { claimName, readOnly = false } = persistentVolumeClaim;
    return { kind: 'host', path: sources.claim(claimName), readOnly };
  }
  const mode =
    secret?.defaultMode ?? configMap?.defaultMode ?? downwardAPI?.defaultMode ?? projected?.defaultMode ?? 0o644;
  const asSource: Projection | undefined =
    secret !== undefined
      ? { secret: { ...secret, ...(secret.secretName === undefined ? {} : { name: secret.secretName }) } }
      : configMap !== undefined
        ? { configMap }
        : downwardAPI !== undefined
          ? { downwardAPI }
          : undefined;
  const parts = asSource === undefined ? projected?.sources : [asSource];
  if (parts === undefined) throw new VolumeError('the local cluster has no volumes of this kind');
  return { kind: 'files', files: new Map(parts.flatMap((part) => [...projection(part, mode, facts, sources)])) };
}

function projection(part: Projection, mode: number, facts: PodFacts, sources: VolumeSources): Map<string, VolumeFile> {
  if (part.secret !== undefined)
    return keyed('secret', part.secret, sources.secret(part.secret.name ?? ''), mode, facts);
  if (part.configMap !== undefined) {
    return keyed('configmap', part.configMap, sources.configMap(part.configMap.name ?? ''), mode, facts);
  }
  if (part.serviceAccountToken !== undefined) {
    const token = Buffer.from(sources.token(tokenWish(part.serviceAccountToken)));
    return new Map([[part.serviceAccountToken.path, { bytes: token, mode }]]);
  }
  if (part.downwardAPI === undefined) throw new VolumeError('the local cluster has no projections of this kind');
  const items = part.downwardAPI.items ?? [];
  return new Map(
    items.map((item) => [item.path, { bytes: Buffer.from(itemValue(item, facts)), mode: item.mode ?? mode }]),
  );
}

type TokenProjection = NonNullable<Projection['serviceAccountToken']>;

function tokenWish({ audience, expirationSeconds }: TokenProjection): TokenWish {
  return { audience, expirationSeconds: expirationSeconds ?? 3_600 };
}

type DownwardItem = NonNullable<NonNullable<Projection['downwardAPI']>['items']>[number];

function itemValue(item: DownwardItem, facts: PodFacts): string {
  const { fieldRef, resourceFieldRef } = item;
  const [container] = facts.pod.spec?.containers ?? [];
  const value =
    fieldRef !== undefined
      ? fieldValue(fieldRef.fieldPath, facts)
      : resourceFieldRef && container && resourceValue(resourceFieldRef, container, facts);
  if (value === undefined) throw new VolumeError(`unsupported field of the downward API: ${item.path}`);
  return value;
}

function keyed(
  kind: 'secret' | 'configmap',
  ref: { name?: string; items?: Items; optional?: boolean },
  data: ReadonlyMap<string, Buffer> | undefined,
  mode: number,
  { pod }: PodFacts,
): Map<string, VolumeFile> {
  if (data === undefined) {
    if (ref.optional === true) return new Map();
    throw new VolumeError(`${kind} "${ref.name}" not found`);
  }
  if (ref.items === undefined) return new Map([...data].map(([key, bytes]) => [key, { bytes, mode }]));
  const files = ref.items.flatMap((item) => {
    const bytes = data.get(item.key);
    if (bytes !== undefined) return [[item.path, { bytes, mode: item.mode ?? mode }] as const];
    if (ref.optional === true) return [];
    throw new VolumeError(
      `references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${item.key} (pod ${pod.metadata?.name})`,
    );
  });
  return new Map(files);
}

/** Names of the Secrets and ConfigMaps that the pod's volumes refer to. */
export function volumeReferences(volumes: readonly Volume[]): { configMaps: string[]; secrets: string[] } {
  const parts: Projection[] = volumes.flatMap((volume) => volume.projected?.sources ?? []);
  const secrets = [
    ...volumes.flatMap((volume) => volume.secret?.secretName ?? []),
    ...parts.flatMap((part) => part.secret?.name ?? []),
  ];
  const configMaps = [
    ...volumes.flatMap((volume) => volume.configMap?.name ?? []),
    ...parts.flatMap((part) => part.configMap?.name ?? []),
  ];
  return { configMaps: [...new Set(configMaps)], secrets: [...new Set(secrets)] };
}

/** Tokens that the volumes are to hold, each once. */
export function tokenWishes(volumes: readonly Volume[]): TokenWish[] {
  const parts = volumes.flatMap((volume) => volume.projected?.sources ?? []);
  const wishes = parts.flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []).map(tokenWish);
  return [...new Map(wishes.map((wish) => [JSON.stringify(wish), wish])).values()];
}

/** Volumes that some container mounts: the others need not exist. */
export function mountedVolumes(volumes: readonly Volume[], containers: readonly Container[]): Volume[] {
  const names = new Set(containers.flatMap((container) => (container.volumeMounts ?? []).map((mount) => mount.name)));
  return volumes.filter((volume) => names.has(volume.name));
}
