/** The part of metadata that the server decides. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { KubeObject, ObjectMeta } from '../../objects/kind-schema.ts';
import { badRequest } from '../status.ts';

/** RFC 3339, whole seconds. */
export function timeOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A new object's: what a client says of these is not heard. */
export function stampNew(meta: ObjectMeta, nowMs: number): void {
  for (const name of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'resourceVersion', 'generation']) {
    delete meta[name];
  }
  meta.uid = randomUUID();
  meta.creationTimestamp = timeOf(nowMs);
}

// No vowels and no look-alikes, so that no words come out.
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const MAX_NAME = 63;
const SUFFIX = 5;

/** `web-` → `web-x7k2p`. */
export function generatedName(prefix: string): string {
  const suffix = [...randomBytes(SUFFIX)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
  return `${prefix.slice(0, MAX_NAME - SUFFIX)}${suffix}`;
}

/** Throws a 400 when the object names another namespace than the path. `namespace` empty: cluster-scoped. */
export function setNamespace(meta: ObjectMeta, namespace: string): void {
  if (namespace === '') delete meta.namespace;
  else if (meta.namespace === undefined || meta.namespace === '') meta.namespace = namespace;
  else if (meta.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** What an update leaves out, or may not change, comes from the object as it is. */
export function carryOver(next: KubeObject, old: KubeObject): void {
  const { metadata } = next;
  const before = old.metadata;
  for (const name of ['creationTimestamp', 'generation', 'selfLink', 'deletionTimestamp'])
    restore(metadata, before, name);
  for (const name of ['uid', 'deletionGracePeriodSeconds', 'generateName']) {
    if (metadata[name] === undefined || metadata[name] === '') restore(metadata, before, name);
  }
  metadata.resourceVersion = before.resourceVersion;
}

function restore(next: ObjectMeta, old: ObjectMeta, name: string): void {
  if (old[name] === undefined) delete next[name];
  else next[name] = old[name];
}
