/** ConfigMaps and Secrets as containers and volumes need them: from a watched copy, or asked for where it lags behind. */

import type { Informer } from '#platform/informer/informer.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isNotFound } from '#platform/kube/error.ts';
import { CONFIG_MAPS, type ConfigMap, type Resource, SECRETS, type Secret } from '#platform/kube/resources.ts';
import { pause } from '#platform/time/deadline.ts';
import type { Realism } from '../realism/realism.ts';
import { ContainerConfigError, type EnvSources } from './container-env.ts';
import type { VolumeSources } from './volumes.ts';

const RETRY_MS = 200;

interface References {
  configMaps: readonly string[];
  secrets: readonly string[];
}

export interface ObjectSourcesDeps {
  kube: KubeClient;
  configMaps: Informer<ConfigMap>;
  secrets: Informer<Secret>;
  signal: AbortSignal;
}

/** Objects by name; undefined for the ones that do not exist. */
interface Found {
  configMaps: ReadonlyMap<string, ConfigMap | undefined>;
  secrets: ReadonlyMap<string, Secret | undefined>;
}

/** Without a promise when all of them are at hand. A mere watch that lags is no reason to call an object missing. */
export function findObjects(namespace: string, refs: References, deps: ObjectSourcesDeps): Found | Promise<Found> {
  const configMaps = refs.configMaps.map((name) => [name, deps.configMaps.get(namespace, name)] as const);
  const secrets = refs.secrets.map((name) => [name, deps.secrets.get(namespace, name)] as const);
  const all = { configMaps: new Map(configMaps), secrets: new Map(secrets) };
  const complete = [...configMaps, ...secrets].every(([, object]) => object !== undefined);
  return complete ? all : fetchMissing(namespace, all, deps);
}

async function fetchMissing(namespace: string, found: Found, { kube, signal }: ObjectSourcesDeps): Promise<Found> {
  const fill = async <T extends object>(resource: Resource<T>, objects: ReadonlyMap<string, T | undefined>) => {
    const entries = [...objects].map(async ([name, object]) => {
      if (object !== undefined) return [name, object] as const;
      return [name, await fetchOne(resource, { namespace, name }, { kube, signal })] as const;
    });
    return new Map(await Promise.all(entries));
  };
  const [configMaps, secrets] = await Promise.all([fill(CONFIG_MAPS, found.configMaps), fill(SECRETS, found.secrets)]);
  return { configMaps, secrets };
}

/** Kubelet on a busy node gives up on a ConfigMap that it has not read yet, and has it a moment later. Throws a ContainerConfigError then. */
export function mayFindNoCache(realism: Realism | undefined): void {
  const againInMs = realism?.hiccupMs() ?? 0;
  if (againInMs === 0) return;
  throw new ContainerConfigError('failed to sync configmap cache: timed out waiting for the condition', againInMs);
}

/** An API server that does not answer says nothing about the object: it is asked again until it does. */
async function fetchOne<T extends object>(
  resource: Resource<T>,
  ref: { namespace: string; name: string },
  { kube, signal }: Pick<ObjectSourcesDeps, 'kube' | 'signal'>,
): Promise<T | undefined> {
  for (;;) {
    try {
      return await kube.get(resource, ref, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      signal.throwIfAborted();
      await pause(RETRY_MS, signal);
    }
  }
}

export function envSources({ configMaps, secrets }: Found): EnvSources {
  return {
    configMap: (name) => {
      const map = configMaps.get(name);
      return map === undefined ? undefined : (map.data ?? {});
    },
    secret: (name) => {
      const secret = secrets.get(name);
      if (secret === undefined) return undefined;
      const decoded = Object.entries(secret.data ?? {}).map(([key, value]) => [key, decode(value).toString('utf8')]);
      return Object.fromEntries(decoded) as { [key: string]: string };
    },
  };
}

export function volumeSources({ configMaps, secrets }: Found): Pick<VolumeSources, 'configMap' | 'secret'> {
  return {
    configMap: (name) => {
      const map = configMaps.get(name);
      if (map === undefined) return undefined;
      const text = Object.entries(map.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
      const binary = Object.entries(map.binaryData ?? {}).map(([key, value]) => [key, decode(value)] as const);
      return new Map([...text, ...binary]);
    },
    secret: (name) => {
      const secret = secrets.get(name);
      return secret && new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, decode(value)] as const));
    },
  };
}

const decode = (base64: string): Buffer => Buffer.from(base64, 'base64');
