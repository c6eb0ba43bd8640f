import type { KindSchema } from '../kind-schema.ts';

/** `Pod in version "v1" cannot be handled as a Pod`: how refusals of the decoder begin. */
export function cannotBeHandled({ kind, version }: KindSchema): string {
  return `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`;
}
