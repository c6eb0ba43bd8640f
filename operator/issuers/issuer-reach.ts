import { namesIn } from '#api/rules/function-key.ts';
import type { JwtSpec } from '#api/rules/jwt-fault.ts';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import type { KeySource } from '#platform/issuers/issuer-keys.ts';
import type { Log } from '#platform/process/log.ts';
import type { WorkQueueMetrics } from '#platform/process/metrics.ts';
import { backoffMs } from '#platform/time/backoff.ts';
import { type Clock, systemClock } from '#platform/time/clock.ts';
import { withDeadline } from '#platform/time/deadline.ts';
import type { IssuerStanding, Reach } from '../function/issuer-standing.ts';
import { toldFailure } from './told-failure.ts';

/** A place in a spec that names an issuer. */
export interface NamedIssuer {
  /** Such as `spec.access[0].jwt`. */
  readonly field: string;
  readonly jwt: Pick<JwtSpec, 'issuer' | 'jwksUri'>;
}

/** In milliseconds. */
export interface IssuerTimes {
  /** One that answered is asked again. */
  readonly freshMs: number;
  /** One that did not is asked again; doubles with each failure, up to `freshMs`. */
  readonly failedMs: number;
}

interface IssuerReachOptions {
  /** Asks an issuer for its keys; rejects when there are none that can be used. */
  ask(source: KeySource): Promise<void>;
  /** Something else is known of an issuer that the function names. */
  onNews(key: string): void;
  log: Log;
  metrics?: WorkQueueMetrics;
  times?: IssuerTimes | undefined;
  clock?: Clock;
}

const ISSUER_TIMES: IssuerTimes = { freshMs: 600_000, failedMs: 30_000 };
/** Issuers that are asked, of one namespace and of all; gateways ask as many. */
const MOST_OF_NAMESPACE = 32;
const MOST = 1_024;
const AT_ONCE = 4;
/** Longest that one may take: description and keys. */
const DEADLINE_MS = 10_000;
/** A Function does not wait longer for the first answer, in milliseconds. */
export const FIRST_ANSWER_MS = 15_000;
/** As long as gateways take keys for good without an answer. */
const KEPT_MS = 86_400_000;

interface Issuer {
  readonly source: KeySource;
  readonly sinceMs: number;
  /** Looks that failed since the last good one. */
  failures: number;
  /** Undefined: it answered, or has not been asked yet. */
  why: string | undefined;
  wasAsked: boolean;
  /** By the key of each function that names it. */
  readonly functions: Map<string, Naming>;
}

interface Naming {
  /** When the issuer last answered since the function names it; undefined: not once. */
  answeredAtMs: number | undefined;
  /** What was known after the last look. */
  told: string | undefined;
}

/**
 * Asks the issuers that Functions name, each once for all of them, beside the reconciles: when the first one names it, and
 * again and again while one does. Holds nothing for Functions that name none.
 */
export class IssuerReach implements AsyncDisposable {
  readonly #options: IssuerReachOptions;
  readonly #clock: Clock;
  readonly #times: IssuerTimes;
  readonly #queue: WorkQueue;
  readonly #issuers = new Map<string, Issuer>();
  /** The ids of issuers, by namespace and there by function. */
  readonly #named = new Map<string, Map<string, ReadonlySet<string>>>();

  constructor(options: IssuerReachOptions) {
    const { log, metrics, clock = systemClock, times = ISSUER_TIMES } = options;
    this.#options = options;
    this.#clock = clock;
    this.#times = times;
    this.#queue = new WorkQueue({
      name: 'issuers',
      run: async (id, signal) => await this.#look(id, signal),
      concurrency: AT_ONCE,
      log,
      clock,
      ...(metrics && { metrics }),
    });
  }

  /** Issuers that are asked. */
  get size(): number {
    return this.#issuers.size;
  }

  /**
   * How the issuers stand that the function names; from now on these are asked, and no others for it.
   * @param options.wasOpen they were known to answer before this process began
   */
  standings(key: string, named: readonly NamedIssuer[], { wasOpen }: { wasOpen: boolean }): IssuerStanding[] {
    const before = this.#idsOf(key);
    const ids = new Set<string>();
    for (const { jwt } of named) {
      const id = idOf(jwt);
      if (this.#follow(key, { id, jwt, wasOpen }, ids)) ids.add(id);
    }
    for (const id of before) if (!ids.has(id)) this.#leave(key, id);
    this.#remember(key, ids);
    return named.map(({ field, jwt }) => {
      const issuer = this.#issuers.get(idOf(jwt));
      return { field, issuer: jwt.issuer, reach: this.#reachOf(key, issuer), why: issuer?.why };
    });
  }

  /** The function is gone. */
  forget(key: string): void {
    for (const id of this.#idsOf(key)) this.#leave(key, id);
    this.#remember(key, new Set());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
  }

  /** Whether the issuer is asked for the function. */
  #follow(
    key: string,
    { id, jwt: { issuer, jwksUri }, wasOpen }: { id: string; jwt: NamedIssuer['jwt']; wasOpen: boolean },
    others: ReadonlySet<string>,
  ): boolean {
    const known = this.#issuers.get(id);
    if (known?.functions.has(key)) return true;
    if (this.#hasTooMany(key, id, others)) return false;
    const nowMs = this.#clock.nowMs();
    if (known !== undefined) {
      known.functions.set(key, { answeredAtMs: wasOpen || answers(known) ? nowMs : undefined, told: undefined });
      return true;
    }
    if (this.#issuers.size >= MOST) return false;
    this.#issuers.set(id, {
      source: { issuer, jwksUri },
      sinceMs: nowMs,
      failures: 0,
      why: undefined,
      wasAsked: false,
      functions: new Map([[key, { answeredAtMs: wasOpen ? nowMs : undefined, told: undefined }]]),
    });
    this.#queue.add(id, 'high');
    return true;
  }

  #hasTooMany(key: string, id: string, others: ReadonlySet<string>): boolean {
    const ids = new Set(others);
    for (const [other, its] of this.#named.get(namespaceOf(key)) ?? []) {
      if (other !== key) for (const one of its) ids.add(one);
    }
    return ids.size >= MOST_OF_NAMESPACE && !ids.has(id);
  }

  #idsOf(key: string): ReadonlySet<string> {
    return this.#named.get(namespaceOf(key))?.get(key) ?? new Set();
  }

  #remember(key: string, ids: ReadonlySet<string>): void {
    const namespace = namespaceOf(key);
    const functions = this.#named.get(namespace) ?? new Map<string, ReadonlySet<string>>();
    if (ids.size > 0) functions.set(key, ids);
    else functions.delete(key);
    if (functions.size > 0) this.#named.set(namespace, functions);
    else this.#named.delete(namespace);
  }

  #leave(key: string, id: string): void {
    const issuer = this.#issuers.get(id);
    issuer?.functions.delete(key);
    if (issuer?.functions.size === 0) this.#issuers.delete(id);
  }

  #reachOf(key: string, issuer: Issuer | undefined): Reach {
    if (issuer === undefined || !issuer.functions.has(key)) return 'unasked';
    const nowMs = this.#clock.nowMs();
    if (!issuer.wasAsked) return nowMs - issuer.sinceMs < FIRST_ANSWER_MS ? 'asking' : 'unasked';
    if (issuer.why === undefined) return 'answers';
    const answeredAtMs = issuer.functions.get(key)?.answeredAtMs ?? Number.NEGATIVE_INFINITY;
    return nowMs - answeredAtMs < KEPT_MS ? 'away' : 'unreachable';
  }

  async #look(id: string, signal: AbortSignal): Promise<{ againInMs?: number }> {
    const issuer = this.#issuers.get(id);
    if (issuer === undefined) return {};
    const error = await this.#ask(issuer.source, signal);
    if (signal.aborted) return {};
    issuer.wasAsked = true;
    issuer.failures = error === undefined ? 0 : issuer.failures + 1;
    issuer.why = error === undefined ? undefined : toldFailure(error);
    this.#tell(issuer);
    const { freshMs, failedMs } = this.#times;
    const againInMs =
      error === undefined ? freshMs : backoffMs(issuer.failures, { baseMs: failedMs, maxMs: freshMs }, Math.random());
    return { againInMs };
  }

  /** What went wrong; undefined: nothing. */
  async #ask(source: KeySource, signal: AbortSignal): Promise<unknown> {
    try {
      await withDeadline(signal, DEADLINE_MS, () => this.#options.ask(source));
      return undefined;
    } catch (error) {
      if (signal.aborted) return error;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.log.warn({ issuer: source.issuer, why }, 'an issuer of tokens does not give its keys');
      return error;
    }
  }

  #tell(issuer: Issuer): void {
    for (const [key, naming] of issuer.functions) {
      if (issuer.why === undefined) naming.answeredAtMs = this.#clock.nowMs();
      const told = `${this.#reachOf(key, issuer)} ${issuer.why}`;
      if (told !== naming.told) this.#options.onNews(key);
      naming.told = told;
    }
  }
}

function answers({ wasAsked, why }: Issuer): boolean {
  return wasAsked && why === undefined;
}

function idOf({ issuer, jwksUri }: NamedIssuer['jwt']): string {
  return JSON.stringify([issuer, jwksUri]);
}

function namespaceOf(key: string): string {
  return namesIn(key)[0];
}
