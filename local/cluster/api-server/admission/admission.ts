/** The built-in admission: what depends on other objects than the one that is written. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import { checkNoEscalation } from '../authorization/escalation.ts';
import type { Call } from '../cluster.ts';
import { checkNamespace } from './namespace.ts';
import { admitPod } from './pod.ts';
import { checkQuotas } from './quota.ts';
import { completeService } from './service.ts';
import { checkGrowth, setDefaultClass } from './storage-class.ts';

/** The object as it may be created. Throws a 403, 404 or 422. May change `next`. */
export function admitCreate(call: Call, next: KubeObject): KubeObject {
  checkNamespace(call, next.metadata.name ?? '');
  checkNoEscalation(call, next);
  const { group, kind } = call.resource;
  if (group === '' && kind === 'Pod') admitPod(call, next);
  if (group === '' && kind === 'Service') completeService(call, next);
  if (group === '' && kind === 'PersistentVolumeClaim') setDefaultClass(call, next);
  checkQuotas(call, next);
  return next;
}

/** The object as it may be written in the place of `old`. May change `next`. */
export function admitUpdate(call: Call, next: KubeObject, old: KubeObject): KubeObject {
  checkNoEscalation(call, next, old);
  const { group, kind } = call.resource;
  if (group === '' && kind === 'Service') completeService(call, next, old);
  if (group === '' && kind === 'PersistentVolumeClaim') checkGrowth(call, next, old);
  return next;
}
