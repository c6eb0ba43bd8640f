import { bytesIn } from '#api/byte-quantity.ts';
import type { FunctionObject, FunctionSpec } from '#api/function.ts';
import type { AsyncSpec } from '#api/function-async.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { PolicySpec } from '#api/rules/policy-fault.ts';
import { type AcceptedRoute, acceptedRoutes } from '#api/rules/route.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { policySpecOf } from '../policy/policy-spec.ts';

/** How long a request may take once a replica has it, in milliseconds; 0: no limit. */
export interface Timeouts {
  /** All of it. */
  totalMs: number;
  /** Until the answer begins. */
  firstByteMs: number;
  /** Between two bytes, whichever way they go. */
  idleMs: number;
  /** Which field of the spec `totalMs` is; default: `timeoutSeconds`. */
  totalField?: string;
}

/** Of each revision's queue. */
export interface QueueLimits {
  /** Requests in flight per replica; 0: no limit. */
  limit: number;
  /** Requests that may wait. */
  queueSize: number;
  /** Bytes of their bodies that may be held for those that wait; 0: no limit. */
  queueMaxBytes: number;
  /** Longest wait. */
  queueTimeoutMs: number;
}

/** A failed start of a revision, as the Function's status has it. */
export interface FailedStart {
  reason: string;
  /** How often it has failed by now. */
  count: number;
  /** When it last did, in milliseconds since 1970. */
  lastMs: number;
}

/** What the status of the Function says was learned before, in milliseconds. */
export interface LearnedBefore {
  startMs?: number | undefined;
  requestMs?: number | undefined;
}

/** What this process reads of a status. */
export type ServedStatus = {
  [Name in 'revision' | 'latestRevision' | 'overtaken' | 'routes' | 'conditions' | 'scaling' | 'failedStarts']?:
    | FunctionStatus[Name]
    | undefined;
};

/** Which of a function's requests are stored and delivered later. */
export interface AsyncConfig {
  /** All of them; else those that ask for it. */
  always: boolean;
  /** Largest body of one. */
  maxBodyBytes: number;
}

/** What this process reads of a Function; the rest of it is not held in memory. */
export interface ServedFunction {
  metadata: Pick<FunctionObject['metadata'], 'namespace' | 'name' | 'uid' | 'resourceVersion' | 'deletionTimestamp'>;
  spec: Pick<FunctionSpec, 'concurrency' | 'queue' | 'scaling' | 'timeoutSeconds' | 'timeouts' | 'maxBodyBytes'> &
    PolicySpec & { async?: Pick<AsyncSpec, 'mode' | 'maxBodyBytes'> | undefined };
  status?: ServedStatus | undefined;
}

/** What the data path needs of a Function, computed once per change of it. */
export interface FunctionConfig {
  /** `<namespace>/<name>` */
  key: string;
  namespace: string;
  name: string;
  uid: string;
  /** Those of its routes that lead to it, by status. */
  routes: readonly AcceptedRoute[];
  limits: QueueLimits;
  /** Requests in flight per replica that justify one more: the limit, else the target. */
  perReplica: number;
  maxReplicas: number;
  /** Longest time with a replica; 0: none. */
  timeoutMs: number;
  timeouts: Timeouts;
  /** Largest body of a request; 0: no limit. */
  maxBodyBytes: number;
  /** Undefined: none is stored. */
  async: AsyncConfig | undefined;
  /** What its policies are compiled from, the same object while it says the same; undefined: it has none. */
  policies: PolicySpec | undefined;
  /** The revision that takes traffic, by status. */
  serving: string | undefined;
  /** The newest revision. */
  latest: string | undefined;
  /** Revisions between the two that are still starting, oldest first. */
  overtaken: readonly string[];
  /** The status says that `latest` cannot start. */
  latestFailure: GatewayError | undefined;
  /** How often, and when, it failed to start. */
  failedStart: FailedStart | undefined;
  /** Of starts and requests, by the status. */
  learned: LearnedBefore;
  /** There is no revision, and why there will be none: the source is wrong, or its objects cannot be written. */
  firstFailure: GatewayError | undefined;
}

export function functionConfig(fn: ServedFunction): FunctionConfig {
  const { spec, status, metadata } = fn;
  const latest = status?.latestRevision ?? status?.revision;
  const { limits, timeouts, async, policies } = sharedParts(spec);
  return {
    key: functionKey(metadata.namespace, metadata.name),
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    routes: acceptedRoutes(status),
    limits,
    perReplica: spec.concurrency.limit || spec.concurrency.target,
    maxReplicas: spec.scaling.maxReplicas,
    timeoutMs: timeouts.totalMs,
    timeouts,
    maxBodyBytes: bytesIn(spec.maxBodyBytes ?? 0),
    async,
    policies,
    serving: status?.revision,
    latest,
    overtaken: status?.overtaken?.map(({ revision }) => revision) ?? NONE_OVERTAKEN,
    learned: learnedOf(status),
    latestFailure: failureIn(fn, 'RevisionReady'),
    failedStart: failedStart(fn),
    firstFailure: latest === undefined ? (failureIn(fn, 'SourceReady') ?? failureIn(fn, 'RevisionReady')) : undefined,
  };
}

/** One for nearly all functions, to save memory. */
const NONE_OVERTAKEN: readonly string[] = [];
/** One object for all functions without learned figures, to save memory. */
const NOTHING_LEARNED: LearnedBefore = { startMs: undefined, requestMs: undefined };

function learnedOf(status: ServedStatus | undefined): LearnedBefore {
  const { startMilliseconds: startMs, requestMilliseconds: requestMs } = status?.scaling?.learned ?? {};
  return startMs === undefined && requestMs === undefined ? NOTHING_LEARNED : { startMs, requestMs };
}

function failedStart({ status }: ServedFunction): FailedStart | undefined {
  const condition = status?.conditions?.find((one) => one.type === 'RevisionReady');
  if (condition?.status !== 'False') return undefined;
  const { count = 1, lastTime = condition.lastTransitionTime } = status?.failedStarts ?? {};
  return { reason: condition.reason, count, lastMs: Date.parse(lastTime) };
}

/** Largest `spec.async.maxBodyBytes`. */
const MOST_STORED_BYTES = 8 * 1024 * 1024;

type SharedParts = Pick<FunctionConfig, 'limits' | 'timeouts' | 'async' | 'policies'>;
const partsOf = new WeakMap<ServedFunction['spec'], SharedParts>();

/** Computed once per spec object, which thousands of functions may share. */
function sharedParts(spec: ServedFunction['spec']): SharedParts {
  const known = partsOf.get(spec);
  if (known !== undefined) return known;
  const made: SharedParts = {
    policies: policySpecOf(spec),
    async: asyncConfig(spec.async),
    limits: {
      limit: spec.concurrency.limit,
      queueSize: spec.queue.size,
      queueMaxBytes: bytesIn(spec.queue.maxBytes),
      queueTimeoutMs: spec.queue.timeoutSeconds * 1000,
    },
    timeouts: {
      totalMs: spec.timeoutSeconds * 1000,
      firstByteMs: spec.timeouts.firstByteSeconds * 1000,
      idleMs: spec.timeouts.idleSeconds * 1000,
    },
  };
  partsOf.set(spec, made);
  return made;
}

function asyncConfig(spec: ServedFunction['spec']['async']): AsyncConfig | undefined {
  if (spec === undefined || spec.mode === 'Never') return undefined;
  return { always: spec.mode === 'Always', maxBodyBytes: Math.min(bytesIn(spec.maxBodyBytes), MOST_STORED_BYTES) };
}

function failureIn(fn: ServedFunction, type: 'RevisionReady' | 'SourceReady'): GatewayError | undefined {
  const condition = fn.status?.conditions?.find((one) => one.type === type);
  if (condition === undefined || condition.status !== 'False') return undefined;
  return { code: 'RevisionFailed', reason: condition.reason, message: forCallers(condition.message) };
}

/** The first line of a condition's message, without what only announces the lines below it: those may be a log's. */
function forCallers(message: string): string {
  const [line = ''] = message.split('\n', 1);
  if (!line.endsWith(':')) return line;
  const end = line.lastIndexOf('. ');
  return end === -1 ? line.slice(0, -1) : line.slice(0, end);
}

/** Whether a change from one to the other changes the route table. */
export function sameRoutes(a: FunctionConfig, b: FunctionConfig): boolean {
  return (
    a.routes.length === b.routes.length &&
    a.routes.every(({ host, pathPrefix, since }, i) => {
      const other = b.routes[i];
      return host === other?.host && pathPrefix === other.pathPrefix && since === other.since;
    })
  );
}

/** Whether both speak of the same failed start of the newest revision, or of none. */
export function sameFailure(a: FunctionConfig, b: FunctionConfig): boolean {
  const { latestFailure: one, failedStart: first } = a;
  const { latestFailure: other, failedStart: second } = b;
  return one?.reason === other?.reason && one?.message === other?.message && first?.count === second?.count;
}
