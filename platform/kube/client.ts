/** The verbs of the Kubernetes API. Longer than 250 lines: each is a few lines, and all are one class that holds the connection. */
import type { ClusterAccess } from '../access/credentials.ts';
import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  KubeList,
  ListOptions,
  LogOptions,
  LogStreamOptions,
  SubresourceOptions,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './calls.ts';
import { isGone, KubeError } from './error.ts';
import { collectionPath, objectPath, type Query, targetName, withQuery } from './path.ts';
import type { KubeObject, Resource } from './resources.ts';
import { apiVersionOf, PODS } from './resources.ts';
import { proxiedAnswer, type ServiceAnswer, type ServiceRequest } from './service-proxy.ts';
import { type KubeRequest, KubeTransport } from './transport.ts';
import { readWatchEvents } from './watch-events.ts';
import type { WriteGate } from './write-gate.ts';

/** Which object. `namespace` is needed for namespaced kinds. */
export interface ObjectRef {
  namespace?: string | undefined;
  name: string;
}

/** `merge` and `strategic` take an object, `json` a list of RFC 6902 operations. */
type PatchType = 'merge' | 'strategic' | 'json';
export interface Patch {
  type: PatchType;
  body: unknown;
}

/** What is asked for where the metadata is enough; a server that cannot leave the rest out sends it too. */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const DEADLINE_MS = 10_000;
const PAGE_SIZE = 500;
const WATCH_IDLE_MS = 75_000;
/** A container may have nothing to say for long. */
const LOG_IDLE_MS = 86_400_000;
const PATCH_CONTENT_TYPES: Record<PatchType, string> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

/** Calls to the API server; every failure is a KubeError, except a TypeError for a missing name or namespace. One per process. */
export class KubeClient implements AsyncDisposable {
  readonly #transport: KubeTransport;

  /** Connects with the first call. @param options.gate what each write has to pass; default: nothing. */
  constructor(access: ClusterAccess, options: { userAgent?: string; gate?: WriteGate | undefined } = {}) {
    this.#transport = new KubeTransport(access, options.userAgent ?? 'catnap', options.gate);
  }

  async get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options: SubresourceOptions): Promise<T> {
    const path = objectPath(resource, ref, options.subresource);
    const what = `get ${targetName(resource, ref, options.subresource)}`;
    return await this.#json<T>({ what, method: 'GET', path }, options);
  }

  /** One page. Objects get the `apiVersion` and `kind` that a list leaves out. */
  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions<T>): Promise<KubeList<T>> {
    const { namespace, labelSelector, fieldSelector, limit, resourceVersion } = options;
    const query: Query = { labelSelector, fieldSelector, limit, continue: options.continue, resourceVersion };
    const path = withQuery(collectionPath(resource, namespace), query);
    const what = `list ${targetName(resource, { namespace })}`;
    const accept = options.metadataOnly ? METADATA_LIST : undefined;
    const page = await this.#json<KubeList<T>>({ what, method: 'GET', path, accept }, options);
    const kind = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    const keep = options.keep ?? ((item: T) => item);
    const items = page.items ?? [];
    for (const [index, item] of items.entries()) items[index] = keep({ ...kind, ...item });
    return { metadata: page.metadata, items };
  }

  /** What `pages` gives as one list. */
  async listAll<T extends KubeObject>(resource: Resource<T>, options: ListOptions<T>): Promise<KubeList<T>> {
    let all: KubeList<T> = { metadata: { resourceVersion: '' }, items: [] };
    for await (const { metadata, items, begins } of this.pages(resource, options)) {
      if (begins) all = { metadata: { resourceVersion: metadata.resourceVersion }, items };
      else all.items.push(...items);
    }
    return all;
  }

  /**
   * All objects in pages (of 500 by default), as they were at the first page's resourceVersion. The deadline is each page's.
   * When the server forgets that moment between two pages, all is asked for again at once, in one page, that begins anew.
   */
  async *pages<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions<T>,
  ): AsyncGenerator<KubeList<T> & { begins: boolean }, void, void> {
    const first = await this.list(resource, { limit: PAGE_SIZE, ...options });
    yield { ...first, begins: true };
    let next = first.metadata.continue;
    while (next) {
      const page = await this.#nextPage(resource, options, next);
      yield page;
      next = page.metadata.continue;
    }
  }

  async #nextPage<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions<T>,
    next: string,
  ): Promise<KubeList<T> & { begins: boolean }> {
    try {
      return { ...(await this.list(resource, { limit: PAGE_SIZE, ...options, continue: next })), begins: false };
    } catch (error) {
      if (!isGone(error)) throw error;
      const { limit: _, ...whole } = options;
      return { ...(await this.list(resource, whole)), begins: true };
    }
  }

  /** The namespace is `object.metadata.namespace`. */
  async create<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions): Promise<T> {
    const { namespace, name = '' } = object.metadata ?? {};
    const { subresource, fieldManager, dryRun } = options;
    const target =
      subresource === undefined
        ? collectionPath(resource, namespace)
        : objectPath(resource, { namespace, name }, subresource);
    const what = `create ${targetName(resource, { namespace, name: name || object.metadata?.generateName }, subresource)}`;
    const body = this.#complete(resource, object);
    return await this.#json<T>(
      { what, method: 'POST', path: withQuery(target, { fieldManager, ...dry(dryRun) }), body },
      options,
    );
  }

  /** Puts `object` in the place of what is there; 409 when its `metadata.resourceVersion` is set and stale. */
  async replace<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions): Promise<T> {
    const { subresource, fieldManager, dryRun } = options;
    const ref = refOf(object);
    const path = withQuery(objectPath(resource, ref, subresource), { fieldManager, ...dry(dryRun) });
    const what = `replace ${targetName(resource, ref, subresource)}`;
    return await this.#json<T>({ what, method: 'PUT', path, body: this.#complete(resource, object) }, options);
  }

  /** Server-side apply: the fields in `object` get its values, other managers' fields stay theirs. Creates what is absent. */
  async apply<T extends KubeObject, S extends KubeObject = T>(
    resource: Resource<T>,
    object: S,
    options: ApplyOptions,
  ): Promise<S> {
    const { subresource, fieldManager, force = true, dryRun } = options;
    const ref = refOf(object);
    const path = withQuery(objectPath(resource, ref, subresource), { fieldManager, force, ...dry(dryRun) });
    const what = `apply ${targetName(resource, ref, subresource)}`;
    const body = subresource === undefined ? this.#complete(resource, object) : object;
    const contentType = 'application/apply-patch+yaml'; // JSON is YAML
    return await this.#json<S>({ what, method: 'PATCH', path, contentType, body }, options);
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    patch: Patch,
    options: WriteOptions,
  ): Promise<T> {
    const { subresource, fieldManager, dryRun } = options;
    const path = withQuery(objectPath(resource, ref, subresource), { fieldManager, ...dry(dryRun) });
    const what = `patch ${targetName(resource, ref, subresource)}`;
    const contentType = PATCH_CONTENT_TYPES[patch.type];
    return await this.#json<T>({ what, method: 'PATCH', path, contentType, body: patch.body }, options);
  }

  /** Returns without waiting for the object to be gone: finalizers or a grace period may keep it. 404 is thrown. */
  async delete(resource: Resource, ref: ObjectRef, options: DeleteOptions): Promise<void> {
    const { preconditions, propagationPolicy, gracePeriodSeconds, dryRun } = options;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy, gracePeriodSeconds };
    const what = `delete ${targetName(resource, ref)}`;
    await this.#transport.call(
      { what, method: 'DELETE', path: withQuery(objectPath(resource, ref), dry(dryRun)), body },
      options.signal,
      options.deadlineMs ?? DEADLINE_MS,
    );
  }

  /**
   * What happens after `resourceVersion`, until the server ends it (normally after `timeoutSeconds`). An ERROR event, a
   * cut, silence and what cannot be parsed are thrown as KubeErrors; with 410 there is no way on from here but a list.
   */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, void> {
    const {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion,
      timeoutSeconds,
      idleMs = WATCH_IDLE_MS,
    } = options;
    const query: Query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      timeoutSeconds,
      labelSelector,
      fieldSelector,
    };
    const path = withQuery(collectionPath(resource, namespace), query);
    const what = `watch ${targetName(resource, { namespace })}`;
    const accept = options.metadataOnly ? METADATA : undefined;
    const bytes = this.#transport.stream({ what, method: 'GET', path, accept }, options.signal, {
      idleMs,
      onOpen: options.onOpen,
    });
    yield* readWatchEvents<T>(what, bytes);
  }

  /** A container's output so far. */
  async podLog(ref: ObjectRef, options: LogOptions): Promise<string> {
    const { container, previous, tailLines, limitBytes } = options;
    const path = withQuery(objectPath(PODS, ref, 'log'), { container, previous, tailLines, limitBytes });
    const what = `get ${targetName(PODS, ref, 'log')}`;
    return await this.#transport.call({ what, method: 'GET', path }, options.signal, options.deadlineMs ?? DEADLINE_MS);
  }

  /** A container's output as it comes, until it ends or `options.signal` does. Throws a KubeError also where it is cut. */
  async *podLogStream(ref: ObjectRef, options: LogStreamOptions): AsyncGenerator<Uint8Array, void, void> {
    const { signal, idleMs = LOG_IDLE_MS, ...query } = options;
    const path = withQuery(objectPath(PODS, ref, 'log'), query);
    yield* this.#transport.stream({ what: `get ${targetName(PODS, ref, 'log')}`, method: 'GET', path }, signal, {
      idleMs,
    });
  }

  /** What a Service answers, asked by way of the API server; a KubeError only for what kept it from being asked. */
  async serviceProxy(request: ServiceRequest): Promise<ServiceAnswer> {
    return await proxiedAnswer(this.#transport, request);
  }

  /** GET of any path, parsed as JSON, e.g. `/version`. */
  async raw(path: string, options: CallOptions): Promise<unknown> {
    return await this.#json<unknown>({ what: `get ${path}`, method: 'GET', path }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  #complete<T extends KubeObject>(resource: Resource, object: T): T {
    return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
  }

  async #json<T>(request: KubeRequest, options: CallOptions): Promise<T> {
    const text = await this.#transport.call(request, options.signal, options.deadlineMs ?? DEADLINE_MS);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new KubeError(0, 'BadAnswer', `${request.what}: the answer is not JSON: ${text.slice(0, 200)}`, { cause });
    }
  }
}

function refOf(object: KubeObject): ObjectRef {
  return { namespace: object.metadata?.namespace, name: object.metadata?.name ?? '' };
}

function dry(run: boolean | undefined): Query {
  return run === true ? { dryRun: 'All' } : {};
}
