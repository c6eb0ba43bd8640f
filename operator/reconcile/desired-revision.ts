import { FUNCTIONS, type FunctionObject, FunctionSpec } from '#api/function.ts';
import { sourceHash as configMapHash } from '#api/source-hash.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isNotFound, KubeError } from '#platform/kube/error.ts';
import { CONFIG_MAPS, type ConfigMap, type Resource } from '#platform/kube/resources.ts';
import { environmentConfigMaps, revisionOfContents, type SourceFiles } from '../function/revision.ts';
import { type SourceConfigMap, sourceConfigMaps, sourceFiles } from '../source/files.ts';
import { sourceHashOf } from '../source/source-hash.ts';
import type { ReferencedConfigMaps } from '../watches/config-maps.ts';
import { sourceDigest, withoutText } from '../watches/kept-function.ts';
import type { Writer } from './apply-children.ts';

const FUNCTION: Resource<FunctionObject> = FUNCTIONS;

/** The revision that the spec asks for. */
export interface DesiredRevision {
  revision: string;
  /** Absent for `image`. */
  source?: WantedSource;
  /** Of the ConfigMap that holds the source (see sourceHash in api/); absent: the source is in the Function, or an image. */
  configMapHash?: string | undefined;
}

/** Source to compile. Its text is not held in memory: it is asked for when it is needed. */
export interface WantedSource {
  /** See sourceHashOf. */
  hash: string;
  files: () => Promise<SourceFiles>;
}

interface Digests {
  revision: string;
  sourceHash: string | undefined;
  configMapHash?: string | undefined;
}

/** Reads what specs refer to; again only when the spec or a ConfigMap that it names has changed. */
export class DesiredRevisions {
  readonly #configMaps: ReferencedConfigMaps;
  /** By the Function's uid: of which spec and ConfigMaps the digests are. */
  readonly #known = new Map<string, { version: string; digests: Digests }>();

  constructor(configMaps: ReferencedConfigMaps) {
    this.#configMaps = configMaps;
  }

  /** Throws a SourceError when the source is not there, 409 when the Function has changed meanwhile. */
  async of(writer: Writer): Promise<DesiredRevision> {
    const { revision, sourceHash, configMapHash: given } = await this.#digests(writer);
    if (sourceHash === undefined) return { revision };
    const files = async () => (await readSource(writer)).source;
    return { revision, source: { hash: sourceHash, files }, configMapHash: given };
  }

  async #digests(writer: Writer): Promise<Digests> {
    const { metadata, spec } = writer.fn;
    const { namespace, name, uid, generation } = metadata;
    const environment = environmentConfigMaps(spec);
    const names = [...environment, ...sourceConfigMaps(spec.source ?? {})];
    this.#configMaps.use(`${namespace}/${name}`, 'spec', names);
    const kept = sourceDigest(writer.fn);
    if (kept !== undefined) return kept;
    const versions = names.map((one) => this.#configMaps.versionOf(namespace, one)?.resourceVersion);
    const version = JSON.stringify([generation, versions]);
    const known = this.#known.get(uid);
    if (known?.version === version) return known.digests;
    const digests = await readDigests(writer, environment);
    this.#known.set(uid, { version, digests });
    return digests;
  }

  /** The function is gone. */
  forget(uid: string): void {
    this.#known.delete(uid);
  }
}

async function readDigests(writer: Writer, environment: readonly string[]): Promise<Digests> {
  const { kube, fn, signal } = writer;
  const { name, namespace } = fn.metadata;
  const read = fn.spec.source === undefined ? undefined : await readSource(writer);
  const source = read?.source;
  const sourceHash = source && sourceHashOf(source, fn.spec);
  // One after the other: together they may be a hundred times what a process can be given.
  const contents = async function* (): AsyncGenerator<[string, Record<string, string> | null]> {
    for (const one of environment) {
      const found = await readConfigMap(kube, { namespace, name: one }, signal);
      yield [one, found === null ? null : (found.data ?? {})];
    }
  };
  return {
    revision: await revisionOfContents(name, fn.spec, { source, configMaps: contents() }),
    sourceHash,
    configMapHash: read?.configMapHash,
  };
}

interface ReadSource {
  source: SourceFiles;
  configMapHash?: string;
}

async function readSource({ kube, fn, signal }: Writer): Promise<ReadSource> {
  const { namespace, name, uid, generation } = fn.metadata;
  const kept = fn.spec.source ?? {};
  const named = sourceConfigMaps(kept);
  if (named.length > 0) {
    const read: SourceConfigMap[] = [];
    for (const one of named)
      read.push({ name: one, content: await readConfigMap(kube, { namespace, name: one }, signal) });
    const hash = configMapHash(read.map(({ content }) => content ?? {}));
    return { source: sourceFiles(kept, read), configMapHash: hash };
  }
  if (!withoutText(kept)) return { source: sourceFiles(kept, []) };
  const stored = await orNull(kube.get(FUNCTION, { namespace, name }, { signal }));
  if (stored === null || stored.metadata.uid !== uid || stored.metadata.generation !== generation) {
    throw new KubeError(409, 'Conflict', `the Function ${namespace}/${name} has changed since it was read`);
  }
  return { source: sourceFiles(FunctionSpec.parse(stored.spec).source ?? {}, []) };
}

/** Null: there is none. */
function readConfigMap(
  kube: KubeClient,
  ref: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<ConfigMap | null> {
  return orNull(kube.get(CONFIG_MAPS, ref, { signal }));
}

function orNull<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: unknown) => {
    if (isNotFound(error)) return null;
    throw error;
  });
}
