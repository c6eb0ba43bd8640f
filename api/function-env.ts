import * as z from 'zod';
import { objectName, quantity, rules } from './schema-nodes.ts';

/** Environment of a Function, as in core/v1. */

const keyRef = (what: string) =>
  z
    .object({
      name: objectName(what),
      key: z
        .string()
        .min(1)
        .max(253)
        .meta({ description: `Key in the ${what}.` }),
      optional: z
        .boolean()
        .optional()
        .meta({ description: `Whether the ${what} or its key may be missing.` }),
    })
    .meta({ description: `A key of a ${what}.`, 'x-kubernetes-map-type': 'atomic' });

export const EnvVar = z
  .object({
    name: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/)
      .meta({
        description:
          'Name of the variable. PORT, HOST, K_… and CATNAP_… are set by Catnap, but for CATNAP_LOG_LEVEL and CATNAP_LOG_FORMAT.',
      }),
    value: z.string().max(32_768).optional().meta({ description: 'Its value; $(OTHER) refers to another variable.' }),
    valueFrom: z
      .object({
        configMapKeyRef: keyRef('ConfigMap').optional(),
        secretKeyRef: keyRef('Secret').optional(),
        fieldRef: z
          .object({
            apiVersion: z.string().max(63).optional().meta({ description: 'API version of the field path; v1.' }),
            fieldPath: z.string().min(1).max(253).meta({ description: 'A field of the pod, such as metadata.name.' }),
          })
          .optional()
          .meta({ description: 'A field of the pod.', 'x-kubernetes-map-type': 'atomic' }),
        resourceFieldRef: z
          .object({
            containerName: z.string().max(63).optional().meta({ description: 'Container; default: the function.' }),
            resource: z.string().min(1).max(63).meta({ description: 'Such as limits.memory.' }),
            divisor: quantity.optional(),
          })
          .optional()
          .meta({ description: 'A resource of the container.', 'x-kubernetes-map-type': 'atomic' }),
      })
      .optional()
      .meta({
        description: 'Where the value comes from, instead of value.',
        ...rules({
          rule: '[has(self.configMapKeyRef), has(self.secretKeyRef), has(self.fieldRef), has(self.resourceFieldRef)].filter(x, x).size() == 1',
          message: 'give exactly one of configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef',
        }),
      }),
  })
  .meta(
    rules({
      rule: "!has(self.valueFrom) || !has(self.value) || self.value == ''",
      message: 'give value or valueFrom, not both',
    }),
  );

export const EnvFromSource = z.object({
  prefix: z.string().max(253).optional().meta({ description: 'Put before each key.' }),
  configMapRef: z
    .object({
      name: objectName('ConfigMap'),
      optional: z.boolean().optional().meta({ description: 'Whether it may be missing.' }),
    })
    .optional()
    .meta({ description: 'All keys of a ConfigMap.', 'x-kubernetes-map-type': 'atomic' }),
  secretRef: z
    .object({
      name: objectName('Secret'),
      optional: z.boolean().optional().meta({ description: 'Whether it may be missing.' }),
    })
    .optional()
    .meta({ description: 'All keys of a Secret.', 'x-kubernetes-map-type': 'atomic' }),
});
