import {
  type ChangedInvocations,
  INVOCATIONS_ACCOUNT,
  INVOCATIONS_PORT_NAME,
  INVOCATIONS_SERVICE,
  type InvocationPage,
  invocationsPath,
  type RemovedInvocation,
  type ShownInvocation,
} from '#api/invocations-for-people.ts';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { ServiceAnswer } from '#platform/kube/service-proxy.ts';
import { backoffMs } from '#platform/time/backoff.ts';
import { pause } from '#platform/time/deadline.ts';
import { beginningOf } from '../cluster/beginning-of.ts';
import { callerToken, NoCallerToken } from '../cluster/caller-token.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Installation } from '../cluster/installation.ts';
import { isAbsent, refusal } from '../cluster/service-refusal.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

interface DispatcherOptions {
  cluster: Pick<Cluster, 'namespace' | 'systemNamespace' | 'token'> & {
    kube: Pick<KubeClient, 'serviceProxy' | 'create'>;
  };
  /** What the installation calls the dispatcher's parts. */
  installation: Pick<Installation, 'invocationsService' | 'invocationsAccount'>;
  /** Of the function. */
  name: string;
  signal: AbortSignal;
}

/** Which of the function's invocations; undefined: all. */
type State = string | undefined;

const RETRY = { baseMs: 250, maxMs: 2_000 };
/** Tries of a question that the dispatcher has no room for now. */
const MOST_TRIES = 4;
const FIRST_BYTE_MS = 20_000;
/** Of an answer: bodies are shown up to 256 KiB each, which are more as JSON. */
const MOST_BYTES = 8 * 2 ** 20;

/** The dispatcher's API about one function's invocations. Everything throws a CommandError where it is refused, or there is no dispatcher. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #path: string;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#path = invocationsPath({ namespace: options.cluster.namespace, name: options.name });
  }

  /** Pages, each with at most `limit` items, 200 at most. */
  async *pages(state: State, limit: number): AsyncGenerator<InvocationPage, void, void> {
    let cursor: string | undefined;
    do {
      const query = queryOf({ state, limit: String(limit), cursor });
      const page = await this.#ask<InvocationPage>('GET', query);
      yield page;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  show(id: string): Promise<ShownInvocation> {
    return this.#ask('GET', `/${id}`);
  }

  async retry(id: string): Promise<void> {
    await this.#ask('POST', `/${id}/retry`);
  }

  remove(id: string): Promise<RemovedInvocation> {
    return this.#ask('DELETE', `/${id}`);
  }

  /** How many there were. */
  retryAll(): Promise<number> {
    return this.#all('retry', 'buried');
  }

  /** How many there were. */
  purge(state: string): Promise<number> {
    return this.#all('purge', state);
  }

  async #all(what: string, state: string): Promise<number> {
    let changed = 0;
    let cursor: string | undefined;
    do {
      const some = await this.#ask<ChangedInvocations>('POST', `/${what}${queryOf({ state, cursor })}`);
      changed += some.changed;
      cursor = some.cursor;
    } while (cursor !== undefined);
    return changed;
  }

  async #ask<T>(method: string, rest: string): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      const answer = await this.#send(method, rest);
      if (answer.status === 200) return await documentOf<T>(answer);
      const error = await refusal('the dispatcher', answer);
      // It did nothing.
      if (!(error instanceof KubeError) || failures === MOST_TRIES) throw error;
      await pause(backoffMs(failures, RETRY, Math.random()), this.#options.signal);
    }
  }

  async #send(method: string, rest: string): Promise<ServiceAnswer> {
    const { cluster, installation, signal } = this.#options;
    const service = installation.invocationsService ?? INVOCATIONS_SERVICE;
    const token = await this.#token();
    try {
      return await cluster.kube.serviceProxy({
        namespace: cluster.systemNamespace,
        service: `http:${service}:${INVOCATIONS_PORT_NAME}`,
        method,
        path: this.#path + rest,
        headers: { [CALLER_TOKEN_HEADER]: `Bearer ${token}` },
        signal,
        firstByteMs: FIRST_BYTE_MS,
      });
    } catch (error) {
      if (isAbsent(error)) throw new CommandError(whyAbsent(error), EXIT.cluster, { cause: error });
      throw error;
    }
  }

  async #token(): Promise<string> {
    const { cluster, installation, signal } = this.#options;
    try {
      return await callerToken(cluster, installation.invocationsAccount ?? INVOCATIONS_ACCOUNT, signal);
    } catch (cause) {
      if (!(cause instanceof NoCallerToken)) throw cause;
      throw new CommandError(cause.isAbsent ? NONE : `the dispatcher: ${cause.message}`, EXIT.cluster, { cause });
    }
  }
}

const NONE =
  'no dispatcher is installed, or elsewhere: dispatcher.enabled of the chart, --system-namespace of this command';

function whyAbsent({ status, message }: KubeError): string {
  if (status === 404) return NONE;
  return status === 403
    ? `this account may not ask the dispatcher through the API server: ${message}`
    : 'the dispatcher does not run; what was accepted is kept on its disk';
}

async function documentOf<T>({ body }: ServiceAnswer): Promise<T> {
  const bytes = await beginningOf(body, MOST_BYTES);
  if (bytes.length > MOST_BYTES)
    throw new CommandError(`the dispatcher answered more than ${MOST_BYTES} bytes`, EXIT.failed);
  return JSON.parse(bytes.toString('utf8')) as T;
}

/** With its question mark; empty without any. */
function queryOf(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
