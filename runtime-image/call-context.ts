import type { Call } from './call.ts';
import type { Context, Log } from './context.ts';
import type { Settings } from './env.ts';
import type { JsonLog } from './log.ts';

interface Replica {
  settings: Settings;
  log: JsonLog;
}

/** What a handler is given beside the request. Its parts are made when they are looked at: most handlers never do. */
export class CallContext implements Context {
  readonly coldStart: boolean;
  readonly waitUntil: (promise: PromiseLike<unknown>) => void;
  readonly #call: Call;
  readonly #replica: Replica;

  constructor(call: Call, coldStart: boolean, waitUntil: (promise: PromiseLike<unknown>) => void, replica: Replica) {
    this.#call = call;
    this.coldStart = coldStart;
    this.waitUntil = waitUntil;
    this.#replica = replica;
  }

  get requestId(): string {
    return this.#call.requestId;
  }
  get signal(): AbortSignal {
    return this.#call.signal;
  }
  get function(): string {
    return this.#replica.settings.function;
  }
  get namespace(): string {
    return this.#replica.settings.namespace;
  }
  get revision(): string {
    return this.#replica.settings.revision;
  }
  get log(): Log {
    return this.#replica.log.with({ requestId: this.requestId });
  }

  /** A handler may return its context, or log it. */
  toJSON(): object {
    const { requestId, function: name, namespace, revision, coldStart } = this;
    return { requestId, function: name, namespace, revision, coldStart };
  }
}
