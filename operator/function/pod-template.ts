import type { FunctionObject, FunctionSpec } from '#api/function.ts';
import { CONTAINER, LABEL, LIVE_PATH, MANAGED_BY, PORT, READY_PATH, RUNTIME_ENV, SECRETS_DIR } from '#api/names.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import { containerSecurity } from './security-context.ts';
import type { BundleRef } from './stored-bundle.ts';

export type PodTemplate = NonNullable<Deployment['spec']>['template'];
type PodSpec = NonNullable<PodTemplate['spec']>;
type Container = PodSpec['containers'][number];
type EnvVar = NonNullable<Container['env']>[number];
type Probe = NonNullable<Container['readinessProbe']>;

/** What a revision's pods run: the compiled source in the runtime image, or the user's own image. */
export type Payload = { kind: 'source'; bundle: BundleRef; runtimeImage: string } | { kind: 'image'; image: string };

/** Any numeric user will do: nothing in the runtime image belongs to one. */
const RUN_AS = 65_532;
/** Seconds that a replica has for leaving besides the time its last request may take. */
const LEAVING_SECONDS = 10;
/**
 * Seconds that the requests of a leaving replica of the user's image have before SIGTERM: many a program exits at that,
 * with whatever it was at. The runtime finishes them itself.
 */
const IMAGE_QUIET_SECONDS = 3;
/** Longest a leaving replica is waited for when its requests have no time limit, in seconds. */
const UNLIMITED_REQUEST_SECONDS = 3_600;

/** Labels of a revision's Deployment, ReplicaSets and pods. */
export function revisionLabels(functionName: string, revision: string): Record<string, string> {
  return { ...selectorLabels(functionName, revision), [LABEL.name]: functionName, [LABEL.managedBy]: MANAGED_BY };
}

export function selectorLabels(functionName: string, revision: string): Record<string, string> {
  return { [LABEL.function]: functionName, [LABEL.revision]: revision };
}

/**
 * The pod of a revision. It mounts nothing but `spec.secrets`, and the service account's token only when one was asked
 * for: any volume delays the first answer by some 0.3 s.
 */
export function podTemplate(fn: FunctionObject, revision: string, payload: Payload): PodTemplate {
  const { spec } = fn;
  const { serviceAccountName } = spec;
  return {
    metadata: { labels: revisionLabels(fn.metadata.name, revision) },
    spec: {
      containers: [container(fn, revision, payload)],
      enableServiceLinks: false,
      automountServiceAccountToken: serviceAccountName !== undefined,
      terminationGracePeriodSeconds: longestSeconds(spec) + LEAVING_SECONDS,
      ...(serviceAccountName !== undefined && { serviceAccountName }),
      ...(spec.imagePullSecrets?.length && { imagePullSecrets: spec.imagePullSecrets }),
      ...(spec.secrets?.length && { volumes: secretVolumes(spec.secrets) }),
      ...(payload.kind === 'source' && {
        securityContext: {
          runAsNonRoot: true,
          runAsUser: RUN_AS,
          runAsGroup: RUN_AS,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      }),
    },
  };
}

/** Longest that a replica may be busy with one request, or one delivery; those of an earlier spec are still on their way when `mode` is Never. */
function longestSeconds({ timeoutSeconds, async }: FunctionSpec): number {
  return Math.max(timeoutSeconds || UNLIMITED_REQUEST_SECONDS, async?.timeoutSeconds ?? 0);
}

function container(fn: FunctionObject, revision: string, payload: Payload): Container {
  const { spec } = fn;
  const source = payload.kind === 'source';
  return {
    name: CONTAINER,
    image: source ? payload.runtimeImage : payload.image,
    // A node that has the runtime image asks no registry, whatever the tag: a cold start must not wait for one.
    ...(source && { imagePullPolicy: 'IfNotPresent' }),
    ports: [PORT.http, ...(source ? [PORT.metrics] : [])].map(({ name, number }) => ({
      name,
      containerPort: number,
      protocol: 'TCP',
    })),
    // The user's come last: they may refer to ours by $(NAME).
    env: [...ownEnv(fn, revision, payload), ...wire<EnvVar[]>(spec.env ?? [])],
    ...(spec.envFrom?.length && { envFrom: wire<NonNullable<Container['envFrom']>>(spec.envFrom) }),
    resources: wire<NonNullable<Container['resources']>>(spec.resources),
    readinessProbe: readinessProbe(source),
    ...(source
      ? { livenessProbe: livenessProbe(longestSeconds(spec)) }
      : { lifecycle: { preStop: { sleep: { seconds: IMAGE_QUIET_SECONDS } } } }),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...(spec.secrets?.length && { volumeMounts: secretMounts(spec.secrets) }),
    securityContext: containerSecurity(payload.kind, spec.securityContext),
  };
}

function ownEnv(fn: FunctionObject, revision: string, payload: Payload): EnvVar[] {
  const { name, namespace } = fn.metadata;
  const plain = {
    [RUNTIME_ENV.port]: PORT.http.number,
    K_SERVICE: name,
    K_REVISION: revision,
    K_CONFIGURATION: name,
    [RUNTIME_ENV.function]: name,
    [RUNTIME_ENV.namespace]: namespace,
    [RUNTIME_ENV.revision]: revision,
    ...(payload.kind === 'source' && {
      [RUNTIME_ENV.metricsPort]: PORT.metrics.number,
      [RUNTIME_ENV.handler]: fn.spec.handler,
      ...(fn.spec.signature !== 'auto' && { [RUNTIME_ENV.signature]: fn.spec.signature }),
      [RUNTIME_ENV.timeoutSeconds]: fn.spec.timeoutSeconds,
      ...(fn.spec.async && { [RUNTIME_ENV.asyncTimeoutSeconds]: fn.spec.async.timeoutSeconds }),
      [RUNTIME_ENV.concurrencyLimit]: fn.spec.concurrency.limit,
      [RUNTIME_ENV.bundleChunks]: payload.bundle.parts.reduce((sum, { chunks }) => sum + chunks, 0),
      ...(payload.bundle.sha256 !== undefined && { [RUNTIME_ENV.bundleSha256]: payload.bundle.sha256 }),
    }),
  };
  return [
    ...Object.entries(plain).map(([key, value]) => ({ name: key, value: String(value) })),
    { name: RUNTIME_ENV.podUid, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.uid' } } },
    ...(payload.kind === 'source' ? bundleEnv(payload.bundle) : []),
  ];
}

function bundleEnv({ parts }: BundleRef): EnvVar[] {
  const refs = parts.flatMap(({ name, chunks }) =>
    Array.from({ length: chunks }, (_, key) => ({ name, key: String(key) })),
  );
  return refs.map((configMapKeyRef, index) => ({
    name: `${RUNTIME_ENV.bundlePrefix}${index}`,
    valueFrom: { configMapKeyRef },
  }));
}

/**
 * Only for what reads the pod's status: the gateway probes replicas itself, and earlier.
 *
 * Kubelet probes readiness as soon as it sees the container run, before the program listens; that leaves a Warning on each
 * start. The delay passes this one over: kubelet's next comes with its ticker, within a second.
 */
function readinessProbe(source: boolean): Probe {
  return {
    ...(source
      ? { httpGet: { path: READY_PATH, port: PORT.http.name, scheme: 'HTTP' } }
      : { tcpSocket: { port: PORT.http.name } }),
    initialDelaySeconds: 1,
    periodSeconds: 1,
    timeoutSeconds: 1,
    failureThreshold: 3,
  };
}

/** How often a replica is asked whether its main loop turns, in seconds. */
const LIVE_EVERY_SECONDS = 10;
/** Shortest time without an answer after which a replica counts as stuck, in seconds. */
const STUCK_SECONDS = 30;

/**
 * Restarts a replica whose main loop has stopped, as in an endless loop; nothing else could end it, SIGTERM included.
 *
 * It never ends one that is only busy: a handler may compute for as long as a request may take without coming back to
 * the loop, so it is given that time, half a minute at least, and one period more. It costs a start nothing: the first
 * question comes after ten seconds, and what listens by then answers even while its module is loaded.
 */
function livenessProbe(longestRequestSeconds: number): Probe {
  const patienceSeconds = Math.max(STUCK_SECONDS, longestRequestSeconds);
  return {
    httpGet: { path: LIVE_PATH, port: PORT.http.name, scheme: 'HTTP' },
    initialDelaySeconds: LIVE_EVERY_SECONDS,
    periodSeconds: LIVE_EVERY_SECONDS,
    timeoutSeconds: 5,
    failureThreshold: 1 + Math.ceil(patienceSeconds / LIVE_EVERY_SECONDS),
    // It would not hear the signal: the pod's own grace, a request's time and more, would be waited for although nothing happens.
    terminationGracePeriodSeconds: 1,
  };
}

function secretVolumes(secrets: NonNullable<FunctionSpec['secrets']>): NonNullable<PodSpec['volumes']> {
  return secrets.map(({ name }) => ({ name: name, secret: { secretName: name } }));
}

function secretMounts(secrets: NonNullable<FunctionSpec['secrets']>): NonNullable<Container['volumeMounts']> {
  return secrets.map(({ name }) => ({ name: name, mountPath: `${SECRETS_DIR}/${name}`, readOnly: true }));
}

/** The schema's core/v1 shapes as client types: the same JSON; they differ only in how optional fields are typed. */
function wire<T>(value: unknown): T {
  return value as T;
}
