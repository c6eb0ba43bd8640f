import * as z from 'zod';
import type { AsyncCondition, Condition } from './conditions.ts';
import { OVERTAKEN_MAX, ROUTE_MESSAGE_MAX_LENGTH, ROUTES_MAX } from './names.ts';

const count = (description: string) => z.int().min(0).max(2_147_483_647).optional().meta({ description });
const text = (maxLength: number, description: string) => z.string().max(maxLength).optional().meta({ description });
const time = (description: string) => z.string().max(64).optional().meta({ description, format: 'date-time' });

const RouteStatus = z.object({
  host: z.string().max(253).meta({ description: 'The host.' }),
  pathPrefix: z.string().max(1024).meta({ description: 'The prefix: / or without a slash at its end.' }),
  accepted: z.boolean().meta({ description: 'Whether requests to it come here.' }),
  since: time('When it was accepted.'),
  reason: text(64, 'One word why it was not: InvalidRoute or RouteConflict.'),
  message: text(ROUTE_MESSAGE_MAX_LENGTH, 'Why it was not, and what to do.'),
});
export type RouteStatus = z.infer<typeof RouteStatus>;

export const FunctionStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'The generation of the spec that this status speaks of.', format: 'int64' }),
    url: text(1024, 'Where the function answers.'),
    revision: text(63, 'The revision that takes traffic: the last one that answered, else the newest.'),
    latestRevision: text(63, 'The newest revision made from the spec.'),
    replicas: count('Pods there are, of all revisions.'),
    readyReplicas: count('Pods of the revision that takes traffic that are ready.'),
    scaling: z
      .object({
        desired: count('Replicas the autoscaler wants.'),
        reason: text(1024, 'Why, in one sentence with the numbers.'),
        lastScaleTime: time('When the number last changed.'),
        learned: z
          .object({
            startMilliseconds: count('From the making of a pod to its first answer, of one that starts by itself.'),
            requestMilliseconds: count('The mean time that a replica spends on a request; 0: less than half of one.'),
          })
          .optional()
          .meta({
            description: 'What gateways learned of it, for those that start anew; written when it has changed by much.',
          }),
      })
      .optional()
      .meta({ description: 'The last decision of the autoscaler.' }),
    sourceHash: text(64, 'Of a source in a ConfigMap: SHA-256 of the content that this status speaks of.'),
    trial: z
      .object({
        revision: z.string().max(63).meta({ description: 'The revision that is tried.' }),
        startedAt: time('When a replica was asked for. Absent: it waits for its turn.'),
        answeredAt: time('When it answered; then the gateways are waited for.'),
      })
      .optional()
      .meta({
        description: 'The try of a new revision (spec.scaling.tryOnChange). Absent: there is none, or it is over.',
      }),
    overtaken: z
      .array(
        z.object({
          revision: z.string().max(63).meta({ description: 'The revision.' }),
          since: z.string().max(64).meta({ description: 'When a newer one was made.', format: 'date-time' }),
        }),
      )
      .max(OVERTAKEN_MAX)
      .optional()
      .meta({
        description:
          'Revisions newer than the one that takes traffic which were starting when a newer one still was made; oldest first. The first one that answers takes the traffic until the newest does. Absent: there is none.',
        'x-kubernetes-list-type': 'atomic',
      }),
    failedStarts: z
      .object({
        count: count('How often.'),
        lastTime: time('When it last failed; from that follows when the next request starts it again.'),
        retrying: z.boolean().optional().meta({ description: 'Whether it is being started again.' }),
      })
      .optional()
      .meta({ description: 'How often the newest revision has failed to start. Absent: it has not.' }),
    routes: z
      .array(RouteStatus)
      .max(ROUTES_MAX + 1)
      .optional()
      .meta({
        description: 'What became of spec.routes; the gateway serves those that are accepted.',
        'x-kubernetes-list-type': 'atomic',
      }),
    conditions: z
      .array(
        z.object({
          type: z
            .string()
            .max(316)
            .meta({ description: 'Ready, SourceReady, RevisionReady, RouteReady, Active or Async.' }),
          status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
          reason: z.string().max(1024).meta({ description: 'One word why.' }),
          message: z.string().max(32_768).meta({ description: 'What is the matter and what to do, for a person.' }),
          observedGeneration: z
            .int()
            .min(0)
            .max(Number.MAX_SAFE_INTEGER)
            .optional()
            .meta({ description: 'The generation of the spec that it speaks of.', format: 'int64' }),
          lastTransitionTime: z
            .string()
            .max(64)
            .meta({ description: 'When status last changed.', format: 'date-time' }),
        }),
      )
      .max(16)
      .optional()
      .meta({
        description: 'How the function stands.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
  })
  .meta({ description: 'What the operator saw and did; the condition Async is the dispatcher’s.' });
export type FunctionStatus = Omit<z.infer<typeof FunctionStatus>, 'conditions'> & {
  conditions?: (Condition | AsyncCondition)[];
};
