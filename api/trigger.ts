import * as z from 'zod';
import { destination } from './destination.ts';
import { Retry } from './function-async.ts';
import { type API_VERSION, FUNCTION_NAME_MAX_LENGTH, GROUP, TRIGGER_KIND, TRIGGER_PLURAL, VERSION } from './names.ts';
import { DNS_LABEL, type Rule } from './schema-nodes.ts';
import { TriggerSource } from './trigger-source.ts';
import type { TriggerStatus } from './trigger-status.ts';

/** The Trigger resource: what calls a function that is no request. The CRD is generated from here, as that of Functions. */

/** The resource as the API server's discovery names it. */
export const TRIGGERS = {
  group: GROUP,
  version: VERSION,
  plural: TRIGGER_PLURAL,
  kind: TRIGGER_KIND,
  namespaced: true,
} as const;

/** Longest name of a Trigger, in characters. */
const NAME_MAX_LENGTH = 63;

export const TriggerSpec = z
  .object({
    function: z
      .string()
      .min(1)
      .max(FUNCTION_NAME_MAX_LENGTH)
      .regex(DNS_LABEL)
      .meta({ description: 'Name of the Function that is called, in the same namespace. It needs no spec.async.' }),
    source: TriggerSource,
    data: z.unknown().optional().meta({
      description: 'Any JSON, at most 64 KiB: the data of the CloudEvent that the function gets. Absent: {}.',
      'x-kubernetes-preserve-unknown-fields': true,
    }),
    retry: Retry,
    onSuccess: destination('is done'),
    onFailure: destination('was given up'),
    suspend: z.boolean().default(false).meta({
      description: 'true: nothing is begun, and what waits is cancelled. Runs that were due meanwhile are not missed.',
    }),
  })
  .meta({ description: 'Which function is called, when, and with what.' });

/** The spec as the API server stores it: every default filled in. */
export type TriggerSpec = z.infer<typeof TriggerSpec>;

/** A Trigger as it comes from the API server. */
export interface TriggerObject {
  apiVersion: typeof API_VERSION;
  kind: typeof TRIGGER_KIND;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: TriggerSpec;
  status?: TriggerStatus;
}

/** Rule on the whole object. */
export const TRIGGER_NAME_RULE: Rule = {
  rule: `self.metadata.name.size() <= ${NAME_MAX_LENGTH} && self.metadata.name.matches('${DNS_LABEL.source}')`,
  message: `a trigger's name is a DNS label of at most ${NAME_MAX_LENGTH} characters: lower case letters, digits and "-"`,
};
