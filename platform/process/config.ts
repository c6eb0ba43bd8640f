/** The environment, read once through one schema. */
import { isIP } from 'node:net';
import * as z from 'zod';

/** Names every mistake in the environment, one a line, each with its variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads `env` through `schema`. A variable that is set but empty counts as absent, and ones that the schema does not
 * name are ignored. Throws a ConfigError with all the mistakes at once.
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: Record<string, string | undefined>,
): Readonly<z.infer<Schema>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const mistakes = parsed.error.issues.map((issue) => describe(issue, given));
  throw new ConfigError(`the environment is not usable:\n${mistakes.join('\n')}`);
}

function describe(issue: z.core.$ZodIssue, given: Record<string, unknown>): string {
  const variable = issue.path.join('.');
  if (!(String(issue.path[0]) in given))
    return `  ${variable || 'environment'}: ${variable ? 'is not set' : issue.message}`;
  return `  ${variable}: ${issue.message}`;
}

/** A TCP port; 0: any free one. */
export const envPort = z.coerce.number().int().min(0).max(65_535);

/** `true` or `1`, `false` or `0`. */
export const envFlag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');

/** Items separated by commas, without white space around them. */
export const envList = z.string().transform((value) => {
  const items = value.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '');
});

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names of namespaces, separated by commas; at least one. */
export const envNamespaces = envList
  .refine((names) => names.length > 0, 'names no namespace; leave it out for all')
  .refine((names) => names.every((name) => DNS_LABEL.test(name)), 'must be names of namespaces, separated by commas');

/** Networks in CIDR notation, or single addresses, separated by commas. */
export const envNetworks = envList.superRefine((networks, context) => {
  for (const text of networks) {
    if (!isNetwork(text)) context.addIssue(`${text} is no network in CIDR notation, such as 10.42.0.0/16`);
  }
});

function isNetwork(text: string): boolean {
  const [, address = '', length = '0'] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(length) <= (version === 4 ? 32 : 128);
}

/** A value as JSON. */
export const envJson = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    context.addIssue(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    return z.NEVER;
  }
});

/** The least severe level that is written. */
export const envLogLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']);
export type LogLevel = z.infer<typeof envLogLevel>;
