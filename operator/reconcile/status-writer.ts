import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { API_VERSION, FIELD_MANAGER, KIND } from '#api/names.ts';
import { compareVersions } from '#platform/informer/resource-version.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isNotFound } from '#platform/kube/error.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';
import { isSameOwn } from '../function/own-status.ts';

interface StatusObject extends KubeObject {
  status: FunctionStatus;
}
const FUNCTION_STATUSES: Resource<StatusObject> = FUNCTIONS;

/**
 * The statuses that were written. The operator alone writes them, but for conditions of others, which nothing here rests on; so what
 * it wrote counts before what it has heard of: a decision must not rest on a status from before the last one.
 */
export class StatusWriter {
  readonly #kube: KubeClient;
  readonly #written = new Map<string, { resourceVersion: string; status: FunctionStatus }>();

  constructor(kube: KubeClient) {
    this.#kube = kube;
  }

  /** `fn` with the newest status there is of the operator's. */
  withStatus(fn: FunctionObject): FunctionObject {
    const written = this.#written.get(fn.metadata.uid);
    if (written === undefined || compareVersions(written.resourceVersion, fn.metadata.resourceVersion) <= 0) return fn;
    return { ...fn, status: written.status };
  }

  /**
   * Whether `status` was written; it is not when `fn` (by withStatus) has an equal one. Fails with 409 when the Function
   * has changed since: what was decided on an older state, or by an operator that no longer leads, is not written. One that
   * is gone has no status.
   */
  async write(fn: FunctionObject, status: FunctionStatus, signal: AbortSignal): Promise<boolean> {
    if (isSameOwn(fn.status, status)) return false;
    const { name, namespace, uid } = fn.metadata;
    const resourceVersion = this.#newestVersion(fn);
    const metadata = { name, namespace, uid, resourceVersion };
    const object = { apiVersion: API_VERSION, kind: KIND, metadata, status };
    const options = { subresource: 'status', fieldManager: FIELD_MANAGER.operator, signal };
    const stored = await this.#kube.apply(FUNCTION_STATUSES, object, options).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (stored === undefined) return false;
    this.#written.set(uid, { resourceVersion: stored.metadata?.resourceVersion ?? '', status });
    return true;
  }

  #newestVersion({ metadata: { uid, resourceVersion } }: FunctionObject): string {
    const written = this.#written.get(uid)?.resourceVersion;
    return written !== undefined && compareVersions(written, resourceVersion) > 0 ? written : resourceVersion;
  }

  /** Lets go of what was written before, once `fn` has it: of thousands of Functions it would be held twice. Between runs alone. */
  heard({ metadata: { uid, resourceVersion } }: FunctionObject): void {
    const written = this.#written.get(uid);
    if (written !== undefined && compareVersions(written.resourceVersion, resourceVersion) <= 0)
      this.#written.delete(uid);
  }

  forget(uid: string): void {
    this.#written.delete(uid);
  }
}
