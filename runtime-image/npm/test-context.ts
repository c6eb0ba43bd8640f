import type { Caller, Context, Invocation, Log, WorkerContext } from '../call/context.ts';
import { secretsOf } from '../call/secrets.ts';
import { abortReason } from '../call/stop.ts';
import { traceOf } from '../call/trace.ts';

/** What a test context is to say; each has a default. */
export interface TestContextOptions {
  /** Default: `test-request`. */
  requestId?: string;
  /** Default: `function`. */
  function?: string;
  /** Default: `default`. */
  namespace?: string;
  /** Default: `<function>-00000000`. */
  revision?: string;
  /** Default: false. */
  coldStart?: boolean;
  /** As in `spec.timeoutSeconds`: `deadline` is so many seconds from now; 0: there is none. Default: 60. */
  timeoutSeconds?: number;
  /** Default: empty. */
  env?: Context['env'];
  /** By name, then by key: `{ stripe: { key: 'sk_test' } }`. Others throw, as they do in a pod. Default: none. */
  secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The request's header. One that is not valid counts as none, as in a pod. Default: none. */
  traceparent?: string;
  tracestate?: string;
  /** Who asks. Default: undefined, as where the Function has no `spec.access`. */
  caller?: Pick<Caller, 'way' | 'name'> & Partial<Caller>;
  /** Which delivery of stored work it is; `attempt` default: 1. Default: undefined, as where somebody waits for the answer. */
  invocation?: Pick<Invocation, 'id'> & Partial<Invocation>;
}

/** A line that the handler wrote to `context.log`. */
export interface TestLogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: object | undefined;
}

/** A context for a test: nothing happens in it but what the test does. Workers take it as their `ctx`. */
export interface TestContext extends WorkerContext {
  /** What was written to `log` so far, in order. */
  readonly lines: readonly TestLogLine[];
  /**
   * Aborts `signal` as the platform does: since the client left (`gone`), the time is up (`timeout`), or the replica has to
   * leave (`leaving`). Time alone does not: the test says when.
   */
  abort(why?: 'gone' | 'timeout' | 'leaving'): void;
  /**
   * Resolves once all that was given to `waitUntil` has settled, what is added meanwhile included.
   * @throws the first reason for which one of them was rejected. On the platform that is a line of the log.
   */
  settled(): Promise<void>;
}

/** A context as a handler is given it, for unit tests: `await handler(new Request('http://localhost/'), createTestContext())`. */
export function createTestContext(options: TestContextOptions = {}): TestContext {
  const { timeoutSeconds = 60, function: name = 'function' } = options;
  const abort = new AbortController();
  const lines: TestLogLine[] = [];
  const background: Promise<unknown>[] = [];
  return {
    requestId: options.requestId ?? 'test-request',
    function: name,
    namespace: options.namespace ?? 'default',
    revision: options.revision ?? `${name}-00000000`,
    coldStart: options.coldStart ?? false,
    signal: abort.signal,
    deadline: timeoutSeconds === 0 ? undefined : new Date(Date.now() + 1000 * timeoutSeconds),
    env: options.env ?? {},
    secrets: secretsOf(given(options.secrets ?? {})),
    trace: traceOf({ ...options }),
    caller: options.caller && { issuer: undefined, claims: undefined, ...options.caller },
    invocation: options.invocation && { attempt: 1, ...options.invocation },
    props: {},
    log: logTo(lines),
    lines,
    abort: (why = 'gone') => abort.abort(abortReason({ why })),
    passThroughOnException() {},
    waitUntil(promise) {
      const settling = Promise.resolve(promise);
      // `settled` throws it, however late that is called.
      settling.catch(() => undefined);
      background.push(settling);
    },
    async settled() {
      for (const settling of background) await settling;
    },
  };
}

function logTo(lines: TestLogLine[]): Log {
  const at = (level: keyof Log) => (message: string, fields?: object) => void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function given(secrets: NonNullable<TestContextOptions['secrets']>) {
  const of = (name: string) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined);
  return {
    has: (name: string) => of(name) !== undefined,
    read(name: string, key: string): string {
      const values = of(name) ?? {};
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      if (value === undefined) throw new Error('createTestContext was given no such secret');
      return value;
    },
  };
}
