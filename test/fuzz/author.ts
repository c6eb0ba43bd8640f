/** Who makes generated Functions in a cluster, and looks what becomes of each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import type { KubeClient, ObjectRef } from '#platform/kube/client.ts';
import { isNotFound, KubeError } from '#platform/kube/error.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { observed } from '../support/world.ts';
import type { GeneratedFunction } from './generate/functions.ts';

const FUNCTION: Resource<FunctionObject> = FUNCTIONS;
const LOOK_MS = 100;
const CALL_MS = 15_000;

const soon = () => AbortSignal.timeout(CALL_MS);

/** Whether the operator has said how the Function stands, as its spec is now. */
function isJudged(fn: FunctionObject): boolean {
  return observed(fn) && (fn.status?.conditions ?? []).some(({ type }) => type === 'Ready');
}

/** Refused, as it should be where it is no Function. Anything else of the API server is a failure: thrown. */
function refusal(error: unknown): undefined {
  if (error instanceof KubeError && error.status >= 400 && error.status < 500 && error.status !== 429) return undefined;
  throw error;
}

/** Undefined in place of what is not there; any other error is thrown. */
function ifNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

export class Author {
  readonly #kube: KubeClient;
  readonly #withinMs: number;

  /** @param withinMs longest until a Function has a condition, in milliseconds */
  constructor(kube: KubeClient, withinMs: number) {
    this.#kube = kube;
    this.#withinMs = withinMs;
  }

  /** The Function once it was judged; undefined: the API server refused it, or it was deleted as it was meant to be. */
  async make({ object, updates, deleted }: GeneratedFunction): Promise<FunctionObject | undefined> {
    const made = await this.#kube
      .create(FUNCTION, object as unknown as FunctionObject, { signal: soon() })
      .catch(refusal);
    if (made === undefined) return undefined;
    const ref = { namespace: made.metadata.namespace, name: made.metadata.name };
    for (const spec of updates) {
      await this.#kube.patch(FUNCTION, ref, { type: 'merge', body: { spec } }, { signal: soon() }).catch(refusal);
    }
    return deleted ? this.remove(ref) : this.#judged(ref);
  }

  /** Also where it is gone already: one with an owner that is not there is collected at any time. */
  async remove(ref: ObjectRef): Promise<undefined> {
    const unbound = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
    await this.#kube.patch(FUNCTION, ref, unbound, { signal: soon() }).catch(ifNotFound);
    await this.#kube.delete(FUNCTION, ref, { signal: soon() }).catch(ifNotFound);
  }

  async #judged(ref: ObjectRef): Promise<FunctionObject | undefined> {
    const endsAtMs = performance.now() + this.#withinMs;
    for (;;) {
      const fn = await this.#kube.get(FUNCTION, ref, { signal: soon() }).catch(ifNotFound);
      // Collected, for its owner is not there; a finalizer may hold it, and nothing is said of it any more.
      if (fn === undefined || fn.metadata.deletionTimestamp !== undefined) return undefined;
      if (isJudged(fn)) return fn;
      if (performance.now() > endsAtMs) {
        throw new Error(`no condition within ${this.#withinMs} ms: ${JSON.stringify(fn).slice(0, 3_000)}`);
      }
      await sleep(LOOK_MS);
    }
  }
}
