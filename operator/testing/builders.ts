/** Objects for tests: valid as they are, each test names only what it is about. */

import type { z } from 'zod';
import { type FunctionObject, FunctionSpec } from '#api/function.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { ANNOTATION, API_VERSION, CONTAINER, KIND, LABEL } from '#api/names.ts';
import type { Deployment, Pod } from '#platform/kube/resources.ts';
import { ownerReference } from '../function/children.ts';
import { type RevisionView, viewRevisions } from '../function/revision-view.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
export const at = (seconds: number) => T0 + seconds * 1000;

interface FunctionParts {
  name?: string;
  uid?: string;
  createdAt?: string;
  generation?: number;
  status?: FunctionStatus;
}

/** `spec` as a user writes it; the defaults are filled in. */
export function aFunction(spec: Partial<z.input<typeof FunctionSpec>> = {}, parts: FunctionParts = {}): FunctionObject {
  const { name = 'hello', uid = `uid-of-${name}`, createdAt = '2026-01-01T00:00:00Z', generation = 1, status } = parts;
  const what = spec.image === undefined ? { source: { inline: 'export default () => 1' } } : {};
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace: 'default', uid, resourceVersion: '1', generation, creationTimestamp: createdAt },
    spec: FunctionSpec.parse({ ...what, ...spec }),
    ...(status && { status }),
  };
}

interface DeploymentParts {
  revision?: string;
  replicas?: number;
  answeredAt?: string;
  createdAt?: string;
  conditions?: NonNullable<NonNullable<Deployment['status']>['conditions']>;
}

export function aDeployment(parts: DeploymentParts = {}): Deployment {
  const { revision = 'hello-1', replicas = 1, answeredAt, createdAt = '2026-01-01T00:00:00Z', conditions = [] } = parts;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: revision,
      namespace: 'default',
      creationTimestamp: createdAt,
      labels: { [LABEL.function]: 'hello', [LABEL.revision]: revision },
      ...(answeredAt !== undefined && { annotations: { [ANNOTATION.answeredAt]: answeredAt } }),
      ownerReferences: [ownerReference(aFunction())],
    },
    spec: { replicas, selector: {}, template: {} },
    status: { conditions },
  };
}

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
interface PodParts extends Partial<Pick<ContainerStatus, 'state' | 'lastState' | 'restartCount'>> {
  revision?: string;
  ready?: boolean;
  leaving?: boolean;
  conditions?: NonNullable<NonNullable<Pod['status']>['conditions']>;
  memoryLimit?: string;
}

export function aPod(parts: PodParts = {}): Pod {
  const {
    revision = 'hello-1',
    ready = false,
    leaving = false,
    conditions = [],
    memoryLimit = '256Mi',
    ...container
  } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${revision}-abcde`,
      namespace: 'default',
      uid: `uid-of-${revision}-abcde`,
      labels: { [LABEL.function]: 'hello', [LABEL.revision]: revision },
      ...(leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { containers: [{ name: CONTAINER, resources: { limits: { memory: memoryLimit } } }] },
    status: {
      phase: 'Running',
      conditions: [
        ...conditions,
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
      containerStatuses: [
        {
          name: CONTAINER,
          image: 'an/image',
          imageID: '',
          ready,
          restartCount: 0,
          state: { running: {} },
          ...container,
        },
      ],
    },
  };
}

/** A pod that ended twice without an answer. */
export function aCrashedPod(revision = 'hello-1', message = 'Error: no'): Pod {
  const terminated = { exitCode: 1, reason: 'Error', message };
  return aPod({ revision, restartCount: 1, state: { terminated }, lastState: { terminated } });
}

/** Views of Deployments and the pods given. */
export function someRevisions(deployments: Deployment[], pods: Pod[] = []): RevisionView[] {
  return viewRevisions(deployments, pods, { mountEvents: [], failingForMs: new Map() });
}
