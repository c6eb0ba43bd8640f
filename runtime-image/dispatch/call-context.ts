import { SECRETS_DIR } from '../../api/names.ts';
import type { Assignment } from '../assignment.ts';
import type { Call } from '../call/call.ts';
import { callerOf } from '../call/caller.ts';
import type { Caller, Context, Invocation, Log, Secrets, Trace } from '../call/context.ts';
import { invocationOf } from '../call/invocation.ts';
import { secretFiles } from '../call/secret-files.ts';
import { secretsOf } from '../call/secrets.ts';
import { nowMs } from '../clock.ts';
import type { JsonLog } from '../telemetry/log.ts';

const secrets = secretsOf(secretFiles(SECRETS_DIR));

/** What all requests of a replica have in common. */
export interface Replica {
  assignment: Assignment;
  log: JsonLog;
  waitUntil(promise: PromiseLike<unknown>): void;
}

/** What a handler is given beside the request. Its parts are made when they are looked at: most handlers never do. */
export class CallContext implements Context {
  readonly coldStart: boolean;
  readonly #call: Call;
  readonly #headers: Readonly<Record<string, unknown>>;
  readonly #replica: Replica;
  #deadlineMs: number | undefined;
  /** Read from the headers when it is first asked for. */
  #caller: Caller | undefined;
  /** The same. */
  #invocation: Invocation | undefined;

  /** @param headers of the request, by names in lower case */
  constructor(call: Call, coldStart: boolean, replica: Replica, headers: Readonly<Record<string, unknown>>) {
    this.#call = call;
    this.#headers = headers;
    this.coldStart = coldStart;
    this.#replica = replica;
  }

  get requestId(): string {
    return this.#call.requestId;
  }
  get signal(): AbortSignal {
    return this.#call.signal;
  }
  get deadline(): Date | undefined {
    const { startedMs, limit } = this.#call;
    if (limit.ms === 0) return undefined;
    this.#deadlineMs ??= Date.now() + startedMs + limit.ms - nowMs();
    return new Date(this.#deadlineMs);
  }
  get env(): Context['env'] {
    return this.#replica.assignment.env;
  }
  get secrets(): Secrets {
    return secrets;
  }
  get trace(): Trace | undefined {
    return this.#call.trace;
  }
  get caller(): Caller | undefined {
    this.#caller ??= callerOf(this.#headers);
    return this.#caller;
  }
  get invocation(): Invocation | undefined {
    this.#invocation ??= invocationOf(this.#headers);
    return this.#invocation;
  }
  /** A function that needs no `this`: handlers take it out of the context. */
  get waitUntil(): Context['waitUntil'] {
    return this.#replica.waitUntil;
  }
  get function(): string {
    return this.#replica.assignment.function;
  }
  get namespace(): string {
    return this.#replica.assignment.namespace;
  }
  get revision(): string {
    return this.#replica.assignment.revision;
  }
  get log(): Log {
    return this.#replica.log.with({ requestId: this.requestId, traceId: this.trace?.traceId });
  }

  /** A handler may return its context, or log it: nothing in it is a secret. */
  toJSON(): object {
    const { requestId, trace, caller, invocation, deadline, function: name, namespace, revision, coldStart } = this;
    return { requestId, trace, caller, invocation, deadline, function: name, namespace, revision, coldStart };
  }
}
