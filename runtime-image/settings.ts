import { PORT, RUNTIME_ENV, SIGNATURES, type Signature } from '../api/names.ts';
import { LEVELS, type Level, LOG_FORMATS, type LogFormat } from './telemetry/log.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the environment says, checked. */
export interface Settings {
  /** Traffic port; 0: any free one. */
  port: number;
  /** Address to listen on; undefined: all, IPv6 and IPv4. */
  host: string | undefined;
  metricsPort: number;
  function: string;
  namespace: string;
  revision: string;
  podUid: string;
  /** Chunks of the bundle in the environment; 0: the handler is a file. */
  bundleChunks: number;
  /** SHA-256 of the chunks, one after the other, in hex; undefined: they are not checked. */
  bundleSha256: string | undefined;
  /** Which export, or registered function, to call; may be dotted. */
  handler: string;
  signature: Signature;
  /** File with the handler where there is no bundle; undefined: what `require` of the working directory would load. */
  handlerFile: string | undefined;
  /** Milliseconds one request may take; 0: no limit. */
  timeoutMs: number;
  /** Handlers that may run at once; 0: no limit. */
  concurrencyLimit: number;
  /** Least severe level that is logged. */
  logLevel: Level;
  /** undefined: text on a terminal, else JSON. */
  logFormat: LogFormat | undefined;
  /** Whether clients are shown stacks: `NODE_ENV` is `development`. */
  isDevelopment: boolean;
}

/** File with the handler in an image built FROM this one. */
export const HANDLER_FILE = 'CATNAP_HANDLER_FILE';

/** Longest timeout, in seconds: what a timer can hold. */
const TIMEOUT_MAX_SECONDS = 2_000_000;

interface Range {
  min: number;
  max: number;
  fallback: number;
  /** Whether a fraction is allowed. */
  fraction?: boolean;
}

/**
 * Reads the settings.
 * @throws Error that names every mistake, on one line.
 */
export function readSettings(env: Env): Settings {
  const mistakes: string[] = [];
  const number = (name: string, range: Range): number => readNumber(env, name, range, mistakes);
  const settings: Settings = {
    port: number(RUNTIME_ENV.port, { min: 0, max: 65_535, fallback: PORT.http.number }),
    host: textOf(env, RUNTIME_ENV.host),
    metricsPort: number(RUNTIME_ENV.metricsPort, { min: 0, max: 65_535, fallback: PORT.metrics.number }),
    function: textOf(env, RUNTIME_ENV.function) ?? 'function',
    namespace: textOf(env, RUNTIME_ENV.namespace) ?? 'default',
    revision: textOf(env, RUNTIME_ENV.revision) ?? '',
    podUid: textOf(env, RUNTIME_ENV.podUid) ?? '',
    bundleChunks: number(RUNTIME_ENV.bundleChunks, { min: 0, max: 64, fallback: 0 }),
    bundleSha256: textOf(env, RUNTIME_ENV.bundleSha256),
    handler: textOf(env, RUNTIME_ENV.handler) ?? 'default',
    signature: readWord(env, RUNTIME_ENV.signature, SIGNATURES, mistakes) ?? 'auto',
    handlerFile: textOf(env, HANDLER_FILE),
    timeoutMs:
      1000 * number(RUNTIME_ENV.timeoutSeconds, { min: 0, max: TIMEOUT_MAX_SECONDS, fallback: 0, fraction: true }),
    concurrencyLimit: number(RUNTIME_ENV.concurrencyLimit, { min: 0, max: 1_000_000, fallback: 0 }),
    logLevel: readWord(env, RUNTIME_ENV.logLevel, LEVELS, mistakes) ?? 'debug',
    logFormat: readWord(env, RUNTIME_ENV.logFormat, LOG_FORMATS, mistakes),
    isDevelopment: env.NODE_ENV === 'development',
  };
  for (let chunk = 0; chunk < settings.bundleChunks; chunk++) {
    const name = `${RUNTIME_ENV.bundlePrefix}${chunk}`;
    if (!env[name]) mistakes.push(`${name} is missing, ${RUNTIME_ENV.bundleChunks} says ${settings.bundleChunks}`);
  }
  if (mistakes.length > 0) throw new Error(`bad environment: ${mistakes.join('; ')}`);
  return settings;
}

/** `<namespace>/<name>`, as answers and logs name it. */
export function functionName({ namespace, function: name }: Settings): string {
  return `${namespace}/${name}`;
}

/** The names of the variables that carry a bundle of `chunks` chunks, in order. */
export function bundleVariables(chunks: number): string[] {
  return Array.from({ length: chunks }, (_, chunk) => `${RUNTIME_ENV.bundlePrefix}${chunk}`);
}

function textOf(env: Env, name: string): string | undefined {
  return env[name] || undefined;
}

function readWord<T extends string>(env: Env, name: string, words: readonly T[], mistakes: string[]): T | undefined {
  const text = textOf(env, name);
  const word = words.find((known) => known === text);
  if (text !== undefined && word === undefined) {
    mistakes.push(`${name} must be one of ${words.join(', ')}, not ${JSON.stringify(text)}`);
  }
  return word;
}

function readNumber(env: Env, name: string, range: Range, mistakes: string[]): number {
  const text = textOf(env, name);
  if (text === undefined) return range.fallback;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max && (range.fraction || Number.isInteger(value))) return value;
  const kind = range.fraction ? 'a number' : 'a whole number';
  mistakes.push(`${name} must be ${kind} from ${range.min} to ${range.max}, not ${JSON.stringify(text)}`);
  return range.fallback;
}
