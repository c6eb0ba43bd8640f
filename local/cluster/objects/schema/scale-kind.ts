import type { KindSchema } from '../kind-schema.ts';
import { OBJECT_META } from './object-meta.ts';

/** The autoscaling/v1 Scale, which the scale subresource of any kind speaks. */
export const SCALE_KIND: KindSchema = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  builtin: true,
  namespaced: true,
  hasStatus: false,
  root: {
    type: 'object',
    'x-name': 'io.k8s.api.autoscaling.v1.Scale',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { ...OBJECT_META, 'x-when-empty': 'write' },
      spec: {
        type: 'object',
        'x-when-empty': 'write',
        properties: { replicas: { type: 'integer', format: 'int32', 'x-when-empty': 'drop' } },
      },
      status: {
        type: 'object',
        'x-when-empty': 'write',
        properties: {
          replicas: { type: 'integer', format: 'int32' },
          selector: { type: 'string', 'x-when-empty': 'drop' },
        },
      },
    },
  },
};
