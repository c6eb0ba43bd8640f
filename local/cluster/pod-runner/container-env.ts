/** The environment of a container. Pure: what it refers to is looked up beforehand or through `sources`. */
import type { Pod } from '#platform/kube/resources.ts';
import { fieldValue, type PodFacts, resourceValue } from './downward.ts';
import { expandVariables } from './variables.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];
type EnvVar = NonNullable<Container['env']>[number];
type EnvFrom = NonNullable<Container['envFrom']>[number];

/** Data of ConfigMaps and Secrets (decoded) of the pod's namespace; undefined where there is none of that name. */
export interface EnvSources {
  configMap(name: string): { [key: string]: string } | undefined;
  secret(name: string): { [key: string]: string } | undefined;
}

/** The container cannot be made: becomes the waiting state CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
  /** When kubelet tries again, in milliseconds; undefined: when it next looks at the pod. */
  readonly againInMs: number | undefined;

  constructor(message: string, againInMs?: number) {
    super(message);
    this.againInMs = againInMs;
  }
}

/**
 * Values by name, in the order in which later ones may refer to earlier ones. Throws a ContainerConfigError.
 * @param given what is there before the container's own, which may take its place
 */
export function containerEnv(
  container: Container,
  facts: PodFacts,
  sources: EnvSources,
  given: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const env = new Map<string, string>(given);
  for (const from of container.envFrom ?? []) {
    for (const [key, value] of Object.entries(wholeSource(from, sources))) env.set(`${from.prefix ?? ''}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, { container, facts, sources, env });
    if (value !== undefined) env.set(variable.name, value);
  }
  return env;
}

/** Names of the ConfigMaps and Secrets that `container` refers to in its environment. */
export function envReferences(container: Container): { configMaps: string[]; secrets: string[] } {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  for (const from of container.envFrom ?? []) {
    if (from.configMapRef?.name) configMaps.add(from.configMapRef.name);
    if (from.secretRef?.name) secrets.add(from.secretRef.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef?.name) configMaps.add(valueFrom.configMapKeyRef.name);
    if (valueFrom?.secretKeyRef?.name) secrets.add(valueFrom.secretKeyRef.name);
  }
  return { configMaps: [...configMaps], secrets: [...secrets] };
}

function wholeSource(from: EnvFrom, sources: EnvSources): { [key: string]: string } {
  const [kind, ref, data] =
    from.configMapRef !== undefined
      ? (['configmap', from.configMapRef, sources.configMap(from.configMapRef.name ?? '')] as const)
      : (['secret', from.secretRef, sources.secret(from.secretRef?.name ?? '')] as const);
  if (data !== undefined) return data;
  if (ref?.optional === true) return {};
  throw new ContainerConfigError(`${kind} "${ref?.name}" not found`);
}

interface Scope {
  container: Container;
  facts: PodFacts;
  sources: EnvSources;
  env: ReadonlyMap<string, string>;
}

function variableValue(variable: EnvVar, scope: Scope): string | undefined {
  const { valueFrom } = variable;
  if (valueFrom === undefined || valueFrom === null) return expandVariables(variable.value ?? '', scope.env);
  if (valueFrom.fieldRef !== undefined) {
    const value = fieldValue(valueFrom.fieldRef.fieldPath, scope.facts);
    if (value === undefined) throw new ContainerConfigError(`unsupported fieldPath: ${valueFrom.fieldRef.fieldPath}`);
    return value;
  }
  if (valueFrom.resourceFieldRef !== undefined) {
    const value = resourceValue(valueFrom.resourceFieldRef, scope.container, scope.facts);
    if (value !== undefined) return value;
    throw new ContainerConfigError(`unsupported container resource : ${valueFrom.resourceFieldRef.resource}`);
  }
  if (valueFrom.configMapKeyRef !== undefined) {
    const ref = valueFrom.configMapKeyRef;
    return keyValue('ConfigMap', ref, scope.sources.configMap(ref.name ?? ''), scope.facts.pod);
  }
  const ref = valueFrom.secretKeyRef;
  if (ref === undefined) return '';
  return keyValue('Secret', ref, scope.sources.secret(ref.name ?? ''), scope.facts.pod);
}

function keyValue(
  kind: 'ConfigMap' | 'Secret',
  ref: { name?: string; key: string; optional?: boolean },
  data: { [key: string]: string } | undefined,
  pod: Pod,
): string | undefined {
  const value = data?.[ref.key];
  if (value !== undefined || ref.optional === true) return value;
  if (data === undefined) throw new ContainerConfigError(`${kind.toLowerCase()} "${ref.name}" not found`);
  throw new ContainerConfigError(`couldn't find key ${ref.key} in ${kind} ${pod.metadata?.namespace}/${ref.name}`);
}
