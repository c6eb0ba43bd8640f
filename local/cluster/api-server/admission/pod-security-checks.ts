/** The checks of the Pod Security Standards that tell apart the pods of functions and of their neighbours. */
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, listOf, textOf } from '../resources/fields.ts';

export type Level = 'baseline' | 'restricted';

/** What of a pod's `spec` the level forbids, a phrase each; empty: nothing. */
export function violations(spec: Fields, level: Level): string[] {
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => listOf(spec, list));
  const found = [hostNamespaces(spec), hostPaths(spec), hostPorts(containers), privileged(containers)];
  if (level === 'restricted') {
    found.push(escalation(containers), capabilities(containers), volumeTypes(spec));
    found.push(nonRoot(spec, containers), rootUser(spec, containers));
  }
  found.push(seccomp(spec, containers, level));
  return found.filter((phrase) => phrase !== undefined);
}

type Phrase = string | undefined;

function hostNamespaces(spec: Fields): Phrase {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name] === true);
  return shared.length === 0 ? undefined : `host namespaces (${shared.map((name) => `${name}=true`).join(', ')})`;
}

function hostPaths(spec: Fields): Phrase {
  const volumes = listOf(spec, 'volumes').filter((volume) => volume.hostPath !== undefined);
  return volumes.length === 0 ? undefined : `hostPath volumes (${named('volume', volumes)})`;
}

function hostPorts(containers: readonly Fields[]): Phrase {
  const portsOf = (container: Fields) => listOf(container, 'ports').map(({ hostPort }) => hostPort ?? 0);
  const bad = containers.filter((container) => portsOf(container).some((port) => port !== 0));
  if (bad.length === 0) return undefined;
  const ports = bad.flatMap(portsOf).filter((port) => port !== 0);
  const verb = bad.length === 1 ? 'uses' : 'use';
  return `hostPort (${named('container', bad)} ${verb} hostPort${ports.length === 1 ? '' : 's'} ${ports.join(', ')})`;
}

function privileged(containers: readonly Fields[]): Phrase {
  const bad = containers.filter((container) => contextOf(container).privileged === true);
  return phrase('privileged', bad, 'must not set securityContext.privileged=true');
}

function escalation(containers: readonly Fields[]): Phrase {
  const bad = containers.filter((container) => contextOf(container).allowPrivilegeEscalation !== false);
  return phrase('allowPrivilegeEscalation != false', bad, 'must set securityContext.allowPrivilegeEscalation=false');
}

function capabilities(containers: readonly Fields[]): Phrase {
  const of = (container: Fields, list: string) =>
    (fieldsOf(contextOf(container), 'capabilities')[list] ?? []) as string[];
  const keeping = containers.filter((container) => !of(container, 'drop').includes('ALL'));
  const extra = (container: Fields) => of(container, 'add').filter((name) => name !== 'NET_BIND_SERVICE');
  const adding = containers.filter((container) => extra(container).length > 0);
  const names = [...new Set(adding.flatMap(extra))].sort().map((name) => JSON.stringify(name));
  const parts = [
    ...(keeping.length === 0
      ? []
      : [`${named('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adding.length === 0
      ? []
      : [`${named('container', adding)} must not include ${names.join(', ')} in securityContext.capabilities.add`]),
  ];
  return parts.length === 0 ? undefined : `unrestricted capabilities (${parts.join('; ')})`;
}

const VOLUME_TYPES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

function volumeTypes(spec: Fields): Phrase {
  const typeOf = (volume: Fields) => Object.keys(volume).find((name) => name !== 'name') ?? 'emptyDir';
  const bad = listOf(spec, 'volumes').filter((volume) => !VOLUME_TYPES.includes(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(typeOf))].sort().map((name) => JSON.stringify(name));
  const uses = bad.length === 1 ? 'uses' : 'use';
  const noun = `restricted volume type${types.length === 1 ? '' : 's'}`;
  return `restricted volume types (${named('volume', bad)} ${uses} ${noun} ${types.join(', ')})`;
}

function nonRoot(spec: Fields, containers: readonly Fields[]): Phrase {
  const ofPod = contextOf(spec).runAsNonRoot;
  const bad = containers.filter((container) => (contextOf(container).runAsNonRoot ?? ofPod) !== true);
  return phrase('runAsNonRoot != true', bad, 'must set securityContext.runAsNonRoot=true', 'pod or ');
}

function rootUser(spec: Fields, containers: readonly Fields[]): Phrase {
  if (contextOf(spec).runAsUser === 0) return 'runAsUser=0 (pod must not set runAsUser=0)';
  const bad = containers.filter((container) => contextOf(container).runAsUser === 0);
  return phrase('runAsUser=0', bad, 'must not set runAsUser=0');
}

const SECCOMP = ['RuntimeDefault', 'Localhost'];

/** The restricted level wants a profile, the baseline one only refuses to be without. */
function seccomp(spec: Fields, containers: readonly Fields[], level: Level): Phrase {
  const typeOf = (owner: Fields) => textOf(fieldsOf(contextOf(owner), 'seccompProfile'), 'type');
  const effective = (container: Fields) => typeOf(container) || typeOf(spec);
  if (level === 'baseline') {
    const bad = containers.filter((container) => effective(container) === 'Unconfined');
    return phrase('seccompProfile', bad, 'must not set securityContext.seccompProfile.type to "Unconfined"', 'pod or ');
  }
  const bad = containers.filter((container) => !SECCOMP.includes(effective(container)));
  const wish = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return phrase('seccompProfile', bad, wish, 'pod or ');
}

function contextOf(owner: Fields): Fields {
  return fieldsOf(owner, 'securityContext');
}

function phrase(what: string, bad: readonly Fields[], wish: string, before = ''): Phrase {
  return bad.length === 0 ? undefined : `${what} (${before}${named('container', bad)} ${wish})`;
}

/** `container "a"`, `containers "a", "b"`. */
function named(noun: string, owners: readonly Fields[]): string {
  const names = owners.map((owner) => JSON.stringify(textOf(owner, 'name'))).join(', ');
  return `${noun}${owners.length === 1 ? '' : 's'} ${names}`;
}
