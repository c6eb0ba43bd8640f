import type { AsyncCondition, Condition, ConditionType } from '#api/conditions.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { canonicalJson } from './content-hash.ts';

const OWN: Record<ConditionType, true> = {
  Ready: true,
  SourceReady: true,
  RevisionReady: true,
  RouteReady: true,
  Active: true,
};

/** The conditions that the operator writes. Others of the list are of other writers, whose they stay: they are never applied. */
export function ownConditions(status: FunctionStatus | undefined): Condition[] {
  return (status?.conditions ?? []).filter(isOwn);
}

function isOwn(condition: Condition | AsyncCondition): condition is Condition {
  return Object.hasOwn(OWN, condition.type);
}

/** Whether two statuses are equal but for what others write in them; the order of conditions is the API server's. */
export function isSameOwn(one: FunctionStatus | undefined, other: FunctionStatus): boolean {
  return one !== undefined && canonicalJson(comparable(one)) === canonicalJson(comparable(other));
}

function comparable(status: FunctionStatus): object {
  return { ...status, conditions: Object.fromEntries(ownConditions(status).map((one) => [one.type, one])) };
}
