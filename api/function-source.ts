import * as z from 'zod';
import { objectName, rules } from './schema-nodes.ts';

/** Longest source given in the object, in bytes over all files, so that client-side apply's annotation fits. */
export const SOURCE_MAX_BYTES = 196_608;

/** As text: it stands in a CEL rule, where a regular expression has no slashes around it. */
const FILE_PATH = '^[A-Za-z0-9_][-A-Za-z0-9_.]*(/[A-Za-z0-9_][-A-Za-z0-9_.]*)*$';
const MODULE_PATH = /^[A-Za-z0-9_][-A-Za-z0-9_./]*\.(ts|mts|cts|tsx|js|mjs|cjs|jsx)$/;
/** Most ConfigMaps that one source is put together from. */
export const SOURCE_CONFIG_MAPS_MAX = 16;

export const Source = z
  .object({
    inline: z.string().min(1).max(SOURCE_MAX_BYTES).optional().meta({
      description:
        'One TypeScript or JavaScript module, ESM or CommonJS, at most 192 KiB; what is larger goes into a ConfigMap.',
    }),
    files: z
      .record(z.string().max(253), z.string().max(SOURCE_MAX_BYTES))
      .optional()
      .meta({
        description: 'Several modules by path, such as index.ts and lib/greet.ts; at most 192 KiB together.',
        minProperties: 1,
        maxProperties: 64,
        ...rules(
          {
            rule: `self.all(path, path.matches('${FILE_PATH}'))`,
            message: 'a path is letters, digits, "_", "-" and "." between single slashes, such as lib/greet.ts',
          },
          {
            rule: `self.map(path, self[path].size()).sum() <= ${SOURCE_MAX_BYTES}`,
            message: 'at most 192 KiB in all; put more into a ConfigMap (source.configMapRef) or an image',
          },
        ),
      }),
    configMapRef: z
      .object({ name: objectName('ConfigMap') })
      .optional()
      .meta({
        description:
          'A ConfigMap whose keys are the files, of text or not ("__" in a key stands for "/"); a change there makes a new revision.',
        'x-kubernetes-map-type': 'atomic',
      }),
    configMapRefs: z
      .array(z.object({ name: objectName('ConfigMap') }))
      .min(1)
      .max(SOURCE_CONFIG_MAPS_MAX)
      .optional()
      .meta({
        description:
          'The same in several ConfigMaps, at most 16, for what does not fit into one: their files together; no path may be in two.',
        'x-kubernetes-list-type': 'atomic',
      }),
    entry: z.string().max(253).regex(MODULE_PATH).optional().meta({
      description:
        'The file that holds the handler; default: index.ts, else index.js, else another index of TypeScript or JavaScript.',
    }),
  })
  .meta({
    description: 'TypeScript or JavaScript source; bundled by the operator, no image build needed.',
    ...rules(
      {
        rule: '[has(self.inline), has(self.files), has(self.configMapRef), has(self.configMapRefs)].filter(x, x).size() == 1',
        message: 'give exactly one of source.inline, source.files, source.configMapRef, source.configMapRefs',
      },
      {
        rule: '!has(self.entry) || !has(self.inline)',
        message: 'source.entry goes with files, configMapRef or configMapRefs: inline is one module',
      },
      {
        rule: '!has(self.entry) || !has(self.files) || self.entry in self.files',
        message: 'source.entry is not one of source.files',
      },
    ),
  });
