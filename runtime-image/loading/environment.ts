import { PORT, RUNTIME_ENV, SIGNATURES } from '../../api/names.ts';
import type { Assignment, Code } from '../assignment.ts';
import type { ProcessSettings } from '../settings.ts';
import { LEVELS, LOG_FORMATS } from '../telemetry/log.ts';
import { type Env, Variables } from './variables.ts';

/** File with the handler in an image built FROM this one. */
const HANDLER_FILE = 'CATNAP_HANDLER_FILE';

/** Longest timeout, in seconds: what a timer can hold. */
const TIMEOUT_MAX_SECONDS = 2_000_000;

/** All that the environment of a function's pod says. */
export interface Environment {
  settings: ProcessSettings;
  assignment: Assignment;
}

/**
 * Reads the environment of a function's pod, and takes the bundle out of it: nothing of that is left in `env`, which is
 * what handlers see.
 * @throws Error that names every mistake, on one line; `env` is then as it was.
 */
export function readEnvironment(env: Env): Environment {
  const variables = new Variables(env);
  const settings = readSettings(variables);
  const chunks = variables.number(RUNTIME_ENV.bundleChunks, { min: 0, max: 64, fallback: 0 });
  const names = bundleVariables(chunks);
  const said = readAssignment(variables, env);
  for (const name of names) {
    if (!env[name]) variables.mistake(`${name} is missing, ${RUNTIME_ENV.bundleChunks} says ${chunks}`);
  }
  variables.refuseMistakes();
  const code = chunks > 0 ? takeBundle(env, names) : { file: variables.text(HANDLER_FILE) };
  return { settings, assignment: { ...said, code } };
}

function readSettings(variables: Variables): ProcessSettings {
  return {
    port: variables.number(RUNTIME_ENV.port, { min: 0, max: 65_535, fallback: PORT.http.number }),
    host: variables.text(RUNTIME_ENV.host),
    metricsPort: variables.number(RUNTIME_ENV.metricsPort, { min: 0, max: 65_535, fallback: PORT.metrics.number }),
    podUid: variables.text(RUNTIME_ENV.podUid) ?? '',
    logLevel: variables.word(RUNTIME_ENV.logLevel, LEVELS) ?? 'debug',
    logFormat: variables.word(RUNTIME_ENV.logFormat, LOG_FORMATS),
  };
}

function readAssignment(variables: Variables, env: Env): Omit<Assignment, 'code'> {
  const timeoutRange = { min: 0, max: TIMEOUT_MAX_SECONDS, fallback: 0, fraction: true };
  return {
    function: variables.text(RUNTIME_ENV.function) ?? 'function',
    namespace: variables.text(RUNTIME_ENV.namespace) ?? 'default',
    revision: variables.text(RUNTIME_ENV.revision) ?? '',
    handler: variables.text(RUNTIME_ENV.handler) ?? 'default',
    signature: variables.word(RUNTIME_ENV.signature, SIGNATURES) ?? 'auto',
    timeoutMs: 1000 * variables.number(RUNTIME_ENV.timeoutSeconds, timeoutRange),
    asyncTimeoutMs: 1000 * variables.number(RUNTIME_ENV.asyncTimeoutSeconds, timeoutRange),
    concurrencyLimit: variables.number(RUNTIME_ENV.concurrencyLimit, { min: 0, max: 1_000_000, fallback: 0 }),
    isDevelopment: env.NODE_ENV === 'development',
    env,
  };
}

/** The names of the variables that carry a bundle of `chunks` chunks, in order. */
function bundleVariables(chunks: number): string[] {
  return Array.from({ length: chunks }, (_, chunk) => `${RUNTIME_ENV.bundlePrefix}${chunk}`);
}

/** @param names of the variables with its chunks, all of them there. */
function takeBundle(env: Env, names: readonly string[]): Code {
  let packed = '';
  for (const name of names) packed += env[name];
  const sha256 = env[RUNTIME_ENV.bundleSha256] || undefined;
  for (const name of [...names, RUNTIME_ENV.bundleChunks, RUNTIME_ENV.bundleSha256]) delete env[name];
  return { packed, sha256 };
}
