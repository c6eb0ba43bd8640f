/**
 * What the dispatcher tells people about work that nobody waits for, and where: `GET <path>` lists, `GET <path>/<id>` shows,
 * `POST <path>/<id>/retry` and `POST <path>/retry` send what was buried again, `DELETE <path>/<id>` and `POST <path>/purge` take
 * away. All bodies are JSON; refusals are `{ error, message }`.
 */
import type { InvocationState, InvocationStatus } from './invocations.ts';

/** Its Service in the system namespace, and the port's name, as the chart names them for a release called catnap. */
export const INVOCATIONS_SERVICE = 'catnap-invocations';
export const INVOCATIONS_PORT_NAME = 'http';
/** Service account that may see and change the invocations of all functions; for administrators whose credentials are no token. */
export const INVOCATIONS_ACCOUNT = 'catnap-async-admin';

/** `/v1/namespaces/shop/functions/orders/invocations` */
export function invocationsPath({ namespace, name }: { namespace: string; name: string }): string {
  return `/v1/namespaces/${encodeURIComponent(namespace)}/functions/${encodeURIComponent(name)}/invocations`;
}

/** Of the state `all` are those of each. */
export const INVOCATION_STATES = [
  'waiting',
  'running',
  'done',
  'buried',
  'cancelled',
] as const satisfies readonly InvocationState[];

/** The newest first. */
export interface InvocationPage {
  /** Of the function, by state. */
  counts: Record<InvocationState, number>;
  items: Omit<InvocationStatus, 'response'>[];
  /** `?cursor=` goes on there; absent: there are no more. A page may be empty and have one. */
  cursor?: string;
}

/** As text where it is UTF-8, else base64; absent: it is empty, or not kept any more. */
export interface ShownBody {
  body?: string;
  bodyBase64?: string;
  /** Of the whole body, as far as it is kept. */
  bodyBytes: number;
  /** More was there than is shown. */
  truncated: boolean;
}

/** By lower-case name; of several fields of one name, each. */
export type ShownHeaders = Record<string, string[]>;

export interface ShownInvocation extends Omit<InvocationStatus, 'response'> {
  /** What the function is asked. Absent: it is done or cancelled, and the request is not kept any more. */
  request?: ShownBody & { method: string; path: string; headers: ShownHeaders };
  /** What it answered last. Absent: nothing, or that is not kept. */
  response?: ShownBody & { status: number; headers: ShownHeaders };
}

/** Of `DELETE <path>/<id>`: open ones are cancelled, ended ones forgotten. */
export interface RemovedInvocation {
  id: string;
  removed: 'cancelled' | 'forgotten';
}

/** Of what is done to all of a state, some at a time. */
export interface ChangedInvocations {
  /** So many now. */
  changed: number;
  /** The same request with `?cursor=` does the next ones; absent: that was all. */
  cursor?: string;
}
