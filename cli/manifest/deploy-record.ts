/**
 * A deploy as it is remembered, to go back to: a ConfigMap with the spec, and in an annotation of the Function the digest of it. Who may
 * write ConfigMaps but no Functions makes no record that is gone back to. Pure.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { FunctionSpec } from '#api/function.ts';
import { LABEL } from '#api/names.ts';
import type { OwnerReference } from '#platform/kube/resources.ts';
import { CLI_LABEL, deployAnnotation, MANAGED_BY_CLI } from './labels.ts';

const Content = z.object({
  spec: z.record(z.string(), z.unknown()),
  /** RFC 3339. */
  at: z.string(),
  /** Number of the deploy that was gone back to. */
  from: z.int().min(1).optional(),
});

export interface DeployRecord {
  /** From 1, in the order of the deploys. */
  number: number;
  /** As it was applied. */
  spec: Partial<FunctionSpec>;
  /** RFC 3339. */
  at: string;
  /** Number of the deploy that was gone back to; undefined: it was deployed from a folder. */
  from: number | undefined;
}

/** What is there of a ConfigMap. */
export interface StoredRecord {
  metadata?: { name?: string; labels?: { [key: string]: string } };
  data?: { [key: string]: string };
}

const KEY = 'deploy.json';
/** How many of a function are kept. */
const KEPT = 10;

interface RecordOf {
  function: { name: string; namespace: string };
  project: string;
  owner: OwnerReference;
}

export function recordManifest({ number, spec, at, from }: DeployRecord, of: RecordOf) {
  const { name, namespace } = of.function;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${name}-deploy-${number}`,
      namespace,
      labels: {
        [LABEL.managedBy]: MANAGED_BY_CLI,
        [CLI_LABEL.project]: of.project,
        [CLI_LABEL.function]: name,
        [CLI_LABEL.deploy]: String(number),
      },
      ownerReferences: [of.owner],
    },
    immutable: true,
    data: { [KEY]: JSON.stringify({ spec, at, ...(from !== undefined && { from }) }) },
  };
}

/** What a record's ConfigMap is known by. */
function recordDigest({ data }: StoredRecord): string {
  return createHash('sha256')
    .update(data?.[KEY] ?? '')
    .digest('hex');
}

/** Annotations by which a Function knows a new record, and knows those no more that are forgotten. */
export function vouching(record: StoredRecord, { number, drop }: { number: number; drop: readonly DeployRecord[] }) {
  const gone = drop.map((one) => [deployAnnotation(one.number), null]);
  return { ...Object.fromEntries(gone), [deployAnnotation(number)]: recordDigest(record) } as Record<
    string,
    string | null
  >;
}

/** Those that the Function's annotations know and that can be read, newest first. */
export function recordsIn(
  stored: readonly StoredRecord[],
  annotations: Readonly<Record<string, string>> | undefined,
): DeployRecord[] {
  const records = stored.flatMap((one) => {
    const { metadata, data } = one;
    const number = Number(metadata?.labels?.[CLI_LABEL.deploy]);
    if (!Number.isSafeInteger(number) || number < 1) return [];
    if (annotations?.[deployAnnotation(number)] !== recordDigest(one)) return [];
    const content = Content.safeParse(jsonOf(data?.[KEY]));
    if (!content.success) return [];
    const { spec, at, from } = content.data;
    return [{ number, spec: spec as Partial<FunctionSpec>, at, from }];
  });
  return records.sort((a, b) => b.number - a.number);
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** Whether the newest is of this spec. @param records newest first */
export function isNewest(records: readonly DeployRecord[], spec: Partial<FunctionSpec>): boolean {
  return isDeepStrictEqual(records[0]?.spec, JSON.parse(JSON.stringify(spec)));
}

/** @param records newest first */
export function kept(records: readonly DeployRecord[]): { keep: DeployRecord[]; drop: DeployRecord[] } {
  return { keep: records.slice(0, KEPT), drop: records.slice(KEPT) };
}

/** Names of the ConfigMaps that hold a spec's code. */
export function sourceNames({ source }: Partial<FunctionSpec>): string[] {
  const one = source?.configMapRef === undefined ? [] : [source.configMapRef.name];
  return [...one, ...(source?.configMapRefs ?? []).map(({ name }) => name)];
}
