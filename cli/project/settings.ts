/** What may stand in catnap.yaml and catnap.config.ts. */
import * as z from 'zod';
import { FunctionSpec } from '#api/function.ts';
import { FUNCTION_NAME_MAX_LENGTH } from '#api/names.ts';
import { DNS_LABEL } from '#api/schema-nodes.ts';

const NAME_RULE = `a name is a DNS label of at most ${FUNCTION_NAME_MAX_LENGTH} characters: lower case letters, digits and "-"`;
const name = z.string(NAME_RULE).max(FUNCTION_NAME_MAX_LENGTH, NAME_RULE).regex(DNS_LABEL, NAME_RULE);

const Build = z.strictObject({
  external: z.array(z.string()).optional(),
  minify: z.boolean().optional(),
  define: z.record(z.string(), z.string()).optional(),
});

const OneFunction = z.strictObject({
  /** From the folder. */
  entry: z.string().min(1).optional(),
  spec: z.strictObject(FunctionSpec.omit({ source: true }).partial().shape).optional(),
  build: Build.optional(),
});

export const Settings = z
  .strictObject({
    name: name.optional(),
    namespace: z.string().max(63).regex(DNS_LABEL, 'a namespace is a DNS label').optional(),
    ...OneFunction.shape,
    functions: z
      .record(name, OneFunction.nullable())
      .refine((functions) => Object.keys(functions).length > 0, 'there is no function in it')
      .optional(),
  })
  .superRefine((settings, context) => {
    if (settings.functions === undefined) return;
    for (const field of ['entry', 'spec', 'build'] as const)
      if (settings[field] !== undefined)
        context.addIssue({
          code: 'custom',
          path: [field],
          message: `beside functions it belongs to none of them: put it into functions.<name>.${field}`,
        });
  });
/** As written: nothing is filled in. */
export type Settings = z.input<typeof Settings>;

/** A mistake in them. */
export interface Mistake {
  /** Of the field. */
  path: (string | number)[];
  message: string;
}

/** What is wrong with `value` as settings; empty: nothing. Fields that there are none of count, however deep. Pure. */
export function mistakesIn(value: unknown): Mistake[] {
  const parsed = Settings.safeParse(value);
  if (parsed.success) return unknownFields(value, parsed.data, []);
  return parsed.error.issues.flatMap((issue): Mistake[] => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key], message: 'there is no such field' }));
    if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }];
    const absent = issue.code === 'invalid_type' ? beside(value, path) : undefined;
    return [{ path, message: absent ?? issue.message }];
  });
}

/** That the field at `path` is missing, and what is there: one of them may be it, misspelt. Undefined: it is there. */
function beside(value: unknown, path: readonly (string | number)[]): string | undefined {
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], value);
  if (!isObject(parent) || parent[String(path.at(-1))] !== undefined) return undefined;
  const there = Object.keys(parent).join(', ');
  return `it is missing${there === '' ? '' : `; there is ${there}`}`;
}

/** zod leaves out of what it parsed what it does not know. */
function unknownFields(value: unknown, parsed: unknown, path: (string | number)[]): Mistake[] {
  if (Array.isArray(value) && Array.isArray(parsed))
    return value.flatMap((item, index) => unknownFields(item, parsed[index], [...path, index]));
  if (!isObject(value) || !isObject(parsed)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    Object.hasOwn(parsed, key)
      ? unknownFields(item, parsed[key], [...path, key])
      : item === undefined
        ? []
        : [{ path: [...path, key], message: 'there is no such field' }],
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
