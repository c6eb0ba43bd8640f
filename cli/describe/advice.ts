import type { Condition } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';

type ReadyReason = Extract<Condition, { type: 'Ready' }>['reason'];

/** What is needed for words that can be typed as they stand. */
interface Place {
  name: string;
  namespace: string;
  /** `-n <namespace>` where it is not the one that commands take by themselves, else empty. */
  option: string;
  systemNamespace: string;
}

/** What to do about it, by the reason of Ready. Every reason has its sentence: a new one does not compile without. */
const NEXT: Readonly<Record<ReadyReason, (place: Place) => string>> = {
  Ready: ({ name, option }) => `call it: catnap invoke ${name}${option}`,
  ScaledToZero: ({ name, option }) => `it sleeps, and the next request wakes it: catnap invoke ${name}${option}`,
  Untried: ({ name, option }) => `it was never started; the first request does: catnap invoke ${name}${option}`,
  Progressing: ({ name, namespace }) =>
    `wait for it: kubectl -n ${namespace} wait --for=condition=Ready fn/${name} --timeout=120s`,
  CompileFailed: () => 'mend the source where the message points to, and deploy it again',
  HandlerNotFound: () =>
    'export what spec.handler names (the default export, unless it says otherwise), and deploy it again',
  ConfigMapNotFound: ({ namespace }) =>
    `make the ConfigMap that the message names in ${namespace}, or name another one in the Function`,
  SecretNotFound: ({ namespace }) =>
    `make the Secret, or the key, that the message names in ${namespace}: the next request starts the function again`,
  CrashLoop: ({ name, option }) => `see what it wrote before it ended: catnap logs ${name}${option}`,
  ContainerStartFailed: () =>
    'look at the command, the user and the files of the image: its container cannot be run as it is',
  ImagePullFailed: () => "look at the image's name, and whether spec.imagePullSecrets let it be read",
  QuotaExceeded: ({ namespace }) =>
    `ask for less in spec.resources, or for more in the quota: kubectl -n ${namespace} describe resourcequota`,
  Unschedulable: () => 'ask for less in spec.resources, or add a node; it starts as soon as one has room',
  InvalidPodTemplate: () => 'change the field that the message names: the API server refuses such a pod',
  NameTaken: () => 'give the Function another name, or remove what has its name already',
  RouteConflict: () => 'take another host or path in spec.routes, or remove the route of the function that has it',
  PolicyInvalid: () => 'change the policy that the message names, or mend the issuer: until then requests are refused',
  InvalidRoute: () => 'change the route that the message names',
};

/** What the user may do next, a sentence each; at least one. Pure. */
export function adviceFor(object: FunctionObject, place: Omit<Place, 'name' | 'namespace'>): string[] {
  const { metadata, status } = object;
  if (metadata.deletionTimestamp !== undefined) return ['nothing: it is being removed'];
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || (status?.observedGeneration ?? 0) < metadata.generation) {
    return [
      `see whether the operator runs, for it has not looked at this yet: kubectl -n ${place.systemNamespace} get deployments`,
    ];
  }
  const say = NEXT[ready.reason as ReadyReason] as ((place: Place) => string) | undefined;
  const { name, namespace } = metadata;
  const next = say?.({ ...place, name, namespace }) ?? `see docs/status.md for what ${ready.reason} means`;
  const { latestRevision, revision, failedStarts } = status ?? {};
  const isBehind = ready.status === 'False' && revision !== undefined && revision !== latestRevision;
  return [
    next,
    ...(isBehind
      ? [`meanwhile ${revision} answers; of what catnap deploy made, go back: catnap rollback ${name}${place.option}`]
      : []),
    ...(status?.conditions?.some(({ reason }) => reason === 'Buried')
      ? [`see what was given up: catnap invocations list ${name} --state buried${place.option}`]
      : []),
    ...(failedStarts?.retrying === true ? ['it is being started again at this moment'] : []),
  ];
}
