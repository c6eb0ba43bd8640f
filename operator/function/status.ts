// Longer than 250 lines: a status is one object, and its conditions are made of the same facts.
import {
  type Condition,
  type ConditionType,
  conditionOf,
  type RouteFailure,
  type SourceFailure,
  withCondition,
} from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';
import type { FunctionStatus, RouteStatus } from '#api/function-status.ts';
import { ANNOTATION, ROUTE_MESSAGE_MAX_LENGTH } from '#api/names.ts';
import { policyFault } from '#api/rules/policy-fault.ts';
import { type IssuerStanding, issuerFinding } from './issuer-standing.ts';
import { ownConditions } from './own-status.ts';
import { mayPass } from './revision-failure.ts';
import type { RevisionView } from './revision-view.ts';
import type { Rollout } from './rollout.ts';
import { beingTried, whatItWaitsFor } from './starting.ts';
import type { Trial } from './trial.ts';

/** What a reconcile saw and did. */
export interface Observation {
  /** Absent: it has no address of its own. */
  url?: string;
  /** Why it has no host of its own; absent: it has one. */
  hostless?: string;
  /** What became of the routes it asks for. */
  routes: readonly RouteStatus[];
  /** Why the spec or the source cannot be made into a revision. */
  sourceProblem?: { reason: SourceFailure; message: string };
  /** What the author of the source has to know although it compiles. */
  sourceNotes?: string;
  /** The source is being compiled, so that the newest revision is not the one that the spec asks for. */
  compiling?: true;
  /** Why the newest revision's objects cannot be written. */
  revisionProblem?: { reason: 'NameTaken' | 'InvalidPodTemplate'; message: string };
  routeProblem?: { reason: 'NameTaken' | RouteFailure; message: string };
  /** Why the API server takes no Service of the function's name; absent: it does. */
  serviceRefused?: string;
  /** How the issuers of tokens stand that its policies name; absent: they name none. */
  issuers?: readonly IssuerStanding[];
  /** The newest revision; absent: none was ever made. */
  latest?: string;
  revisions: readonly RevisionView[];
  /** Absent: there is no revision. */
  rollout?: Rollout;
  /** Of the ConfigMap that holds the source; absent: none does, or it is not there. */
  sourceHash?: string;
  /** The newest revision is being tried; absent: it is not, or that is over. */
  trial?: Trial;
  scaling?: NonNullable<FunctionStatus['scaling']>;
}

/** A condition without what is the same for all of them. */
type Finding<T extends ConditionType> = Pick<Extract<Condition, { type: T }>, 'status' | 'reason' | 'message'>;

/** How the revisions stand, looked up once. */
interface Standing {
  latest: RevisionView | undefined;
  serving: RevisionView | undefined;
  /** No revision has a replica or is asked to have one. */
  asleep: boolean;
}

/** The whole status of a Function after a reconcile; equal arguments but for the time give an equal status. */
export function nextStatus(fn: FunctionObject, observed: Observation, nowMs: number): FunctionStatus {
  const { revisions, rollout, latest, trial, scaling, url, routes } = observed;
  const standing: Standing = {
    latest: revisions.find((revision) => revision.name === latest),
    serving: revisions.find((revision) => revision.name === rollout?.serving),
    asleep: revisions.every((revision) => revision.wantedReplicas === 0 && revision.pods === 0),
  };
  const source = sourceReady(fn, observed);
  const revision = revisionReady(fn, observed, standing);
  const route = routeReady(fn, observed);
  const findings: { [T in ConditionType]: Finding<T> } = {
    Ready: unsettled(fn, observed, route) ?? summary(fn, observed, standing, [source, route, revision]),
    SourceReady: source,
    RevisionReady: revision,
    RouteReady: route,
    Active: active(revisions, standing),
  };
  return {
    observedGeneration: fn.metadata.generation,
    ...(url !== undefined && { url }),
    ...(rollout && { revision: rollout.serving }),
    ...(latest !== undefined && { latestRevision: latest }),
    replicas: revisions.reduce((sum, one) => sum + one.pods, 0),
    readyReplicas: standing.serving?.readyPods ?? 0,
    ...(scaling && { scaling }),
    ...(observed.sourceHash !== undefined && { sourceHash: observed.sourceHash }),
    ...(trial && { trial }),
    ...(rollout && rollout.overtaken.length > 0 && { overtaken: rollout.overtaken }),
    ...(rollout?.failedStarts && { failedStarts: rollout.failedStarts }),
    ...(routes.length > 0 && { routes: routes.map(bounded) }),
    conditions: conditions(fn, findings, nowMs),
  };
}

/** Status of a Function whose spec the API server let in and this operator cannot read; its revisions stay. */
export function invalidStatus(fn: FunctionObject, mistakes: string, nowMs: number): FunctionStatus {
  const finding = {
    status: 'False',
    reason: 'InvalidPodTemplate',
    message: `the spec is not valid: ${mistakes}`,
  } as const;
  const kept = ownConditions(fn.status).filter(({ type }) => type !== 'Ready' && type !== 'RevisionReady');
  return {
    ...fn.status,
    observedGeneration: fn.metadata.generation,
    conditions: [...conditions(fn, { Ready: finding, RevisionReady: finding }, nowMs), ...kept],
  };
}

function conditions(fn: FunctionObject, findings: { [T in ConditionType]?: Finding<T> }, nowMs: number): Condition[] {
  const time = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return (Object.keys(findings) as ConditionType[]).flatMap((type) => {
    const next = {
      type,
      ...findings[type],
      observedGeneration: fn.metadata.generation,
      lastTransitionTime: time,
    } as Condition;
    return withCondition(ownConditions(fn.status), next).filter((condition) => condition.type === type);
  });
}

const COMPILING = { status: 'Unknown', reason: 'Progressing', message: 'the source is being compiled' } as const;

function sourceReady(
  fn: FunctionObject,
  { sourceProblem, sourceNotes, compiling }: Observation,
): Finding<'SourceReady'> {
  if (sourceProblem !== undefined) return { status: 'False', ...sourceProblem };
  if (compiling) return COMPILING;
  const notes = sourceNotes === undefined ? '' : `; ${sourceNotes}`;
  const message =
    fn.spec.image === undefined
      ? `the source compiles and exports the handler${notes}`
      : 'runs an image: there is no source';
  return { status: 'True', reason: 'Ready', message };
}

/** As long as the schema allows. */
function bounded({ message, ...route }: RouteStatus): RouteStatus {
  return message === undefined ? route : { ...route, message: message.slice(0, ROUTE_MESSAGE_MAX_LENGTH) };
}

/** Without a Service only its short name inside the cluster is missing. */
function routeReady(
  { metadata, spec, status }: FunctionObject,
  { routeProblem, serviceRefused, hostless, url, issuers = [] }: Observation,
): Finding<'RouteReady'> {
  const fault = policyFault(spec);
  if (fault !== undefined) {
    return { status: 'False', reason: 'PolicyInvalid', message: `gateways refuse all requests: ${fault}` };
  }
  if (routeProblem !== undefined) return { status: 'False', ...routeProblem };
  const before = conditionOf(status, 'RouteReady');
  const finding = issuerFinding(issuers, before, metadata.generation);
  if (finding.status !== 'True') return finding;
  const own = hostless === undefined ? '' : `, but has no host of its own: ${hostless}`;
  const short = serviceRefused === undefined ? '' : `, but has no short name inside the cluster: ${serviceRefused}`;
  const answers = `answers at ${url ?? 'the gateway, below /fn/'}${own}${short}`;
  return { status: 'True', reason: 'Ready', message: [answers, ...finding.notes].join('\n') };
}

/*
 * What stands in the way            → False, with its reason (Unknown where waiting may help: Unschedulable; Progressing where it may pass)
 * a ready replica                   → True  Ready
 * replicas, none ready, answered    → True  Progressing (a cold start)
 * replicas, none ready, never did   → Unknown Progressing
 * no replicas, answered             → True  ScaledToZero
 * no replicas, never answered       → Unknown Untried
 */
function revisionReady(
  { spec }: FunctionObject,
  { revisionProblem, rollout }: Observation,
  { latest }: Standing,
): Finding<'RevisionReady'> {
  if (revisionProblem !== undefined) return { status: 'False', ...revisionProblem };
  if (latest === undefined) return { status: 'Unknown', reason: 'Progressing', message: 'there is no revision yet' };
  const failure = rollout?.failure;
  if (failure !== undefined) {
    const { terminal, reason, message } = failure;
    return { status: terminal ? 'False' : 'Unknown', reason: mayPass(failure) ? 'Progressing' : reason, message };
  }
  if (latest.readyPods > 0) return { status: 'True', reason: 'Ready', message: `${latest.name} answers` };
  const status = latest.answered ? 'True' : 'Unknown';
  if (latest.wantedReplicas === 0 && latest.pods === 0) {
    const message = latest.answered
      ? `${latest.name} sleeps; the next request wakes it`
      : `${latest.name} has never answered yet; the next request starts it`;
    return { status, reason: latest.answered ? 'ScaledToZero' : 'Untried', message };
  }
  return { status, reason: 'Progressing', message: `${latest.name} is starting${whatItWaitsFor(latest, spec)}` };
}

/** While it is not known which revision there will be, what is wrong with the one before says nothing. */
function unsettled(
  fn: FunctionObject,
  observed: Observation,
  route: Finding<'RouteReady'>,
): Finding<'Ready'> | undefined {
  if (observed.compiling) return route.status === 'False' ? undefined : COMPILING;
  return awaitsSource(fn, observed);
}

/** The hash in the annotation is of the content that the author waits for; a watch may show the ConfigMap later than the Function. */
function awaitsSource({ metadata }: FunctionObject, { sourceHash }: Observation): Finding<'Ready'> | undefined {
  const wanted = metadata.annotations?.[ANNOTATION.sourceHash];
  if (wanted === undefined || sourceHash === undefined || wanted === sourceHash) return undefined;
  const message = `the ConfigMap's content is ${sourceHash}; the annotation ${ANNOTATION.sourceHash} waits for ${wanted}`;
  return { status: 'Unknown', reason: 'Progressing', message };
}

type PartFindings = readonly [Finding<'SourceReady'>, Finding<'RouteReady'>, Finding<'RevisionReady'>];

/** What is wrong, or not known yet of its policies; undefined: neither. */
function obstacleIn(parts: PartFindings): Finding<'Ready'> | undefined {
  const [, route] = parts;
  const isOpen = route.status === 'Unknown';
  const { status, reason, message } = parts.find((part) => part.status === 'False') ?? route;
  return status === 'False' || isOpen ? { status, reason, message } : undefined;
}

function summary(
  fn: FunctionObject,
  { rollout, trial }: Observation,
  { latest, serving, asleep }: Standing,
  parts: PartFindings,
): Finding<'Ready'> {
  const fallback = serving?.answered && serving !== latest ? `\n${serving.name} keeps the traffic` : '';
  const obstacle = obstacleIn(parts);
  if (obstacle !== undefined) return { ...obstacle, message: obstacle.message + fallback };
  const replicas = serving?.readyPods ?? 0;
  if (rollout?.failure !== undefined && !mayPass(rollout.failure) && replicas === 0) {
    return { status: 'False', reason: rollout.failure.reason, message: rollout.failure.message + fallback };
  }
  const waitsFor = whatItWaitsFor(latest, fn.spec);
  if (trial !== undefined) {
    return { status: 'Unknown', reason: 'Progressing', message: beingTried(trial, waitsFor) + fallback };
  }
  if (asleep && fn.spec.scaling.minReplicas === 0) return sleeping(latest);
  if (replicas > 0 && serving === latest) {
    return {
      status: 'True',
      reason: 'Ready',
      message: replicas === 1 ? '1 replica is ready' : `${replicas} replicas are ready`,
    };
  }
  const message = `${latest?.name ?? 'its first revision'} is starting${waitsFor}${fallback}`;
  return { status: serving?.answered ? 'True' : 'Unknown', reason: 'Progressing', message };
}

function sleeping(latest: RevisionView | undefined): Finding<'Ready'> {
  if (latest?.answered === false) {
    return { status: 'True', reason: 'Untried', message: 'it was not tried yet; the next request starts it' };
  }
  return { status: 'True', reason: 'ScaledToZero', message: 'asleep; the next request wakes it' };
}

function active(revisions: readonly RevisionView[], { asleep }: Standing): Finding<'Active'> {
  if (asleep) return { status: 'False', reason: 'ScaledToZero', message: 'it has no replicas' };
  const ready = revisions.reduce((sum, revision) => sum + revision.readyPods, 0);
  const pods = revisions.reduce((sum, revision) => sum + revision.pods, 0);
  if (pods === 0) {
    const wanted = revisions.reduce((sum, revision) => sum + revision.wantedReplicas, 0);
    const message = `${wanted === 1 ? '1 replica was' : `${wanted} replicas were`} asked for; there is no pod yet`;
    return { status: 'True', reason: 'Progressing', message };
  }
  return {
    status: 'True',
    reason: ready > 0 ? 'Ready' : 'Progressing',
    message: [
      `${ready} of ${pods} replicas ${pods === 1 ? 'is' : 'are'} ready`,
      ...revisions.flatMap(({ memoryKills }) => memoryKills),
    ].join('\n'),
  };
}
