import { FRAMEWORK_GLOBAL, type Signature } from '../../api/names.ts';
import type { UserFunction } from './invoke.ts';

/** A function that registered itself by `functions.http` or `functions.cloudEvent`. */
export interface Registration {
  signature: 'http' | 'cloudevent';
  call: UserFunction;
}
export type Registrations = ReadonlyMap<string, Registration>;

/** On a function that `awslambda.streamifyResponse` was given. Known by name: two files of the image hold this module. */
const STREAMS = Symbol.for('catnap.dev/streams');
/** On a response stream: what `awslambda.HttpResponseStream.from` was given. */
const METADATA = Symbol.for('catnap.dev/metadata');

/** The Functions Framework's rule. */
const FUNCTION_NAME = /^[A-Za-z](?:[-_A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;

export function isStreaming(call: unknown): boolean {
  return typeof call === 'function' && STREAMS in call;
}

/** Undefined: `HttpResponseStream.from` was not called on this stream. */
export function streamMetadata(stream: object): unknown {
  return (stream as { [METADATA]?: unknown })[METADATA];
}

/**
 * Puts in place what handlers of other platforms expect to be there when their module is loaded: Lambda's `awslambda`,
 * and what the bundled stand-in of the Functions Framework hands out. Returns the functions that will have registered
 * themselves.
 */
export function installPlatformGlobals(target: object): Registrations {
  const registered = new Map<string, Registration>();
  define(target, 'awslambda', awslambda);
  define(target, Symbol.for(FRAMEWORK_GLOBAL), frameworkOf(registered));
  return registered;
}

/**
 * Whether a function may turn out to be `(req, res)`: it says so, may register itself, or be an app.
 * @param source of the module; undefined: not known.
 */
export function mayTakeMessages(signature: Signature, source: string | undefined): boolean {
  if (signature !== 'auto') return signature === 'http';
  if (source === undefined || source.includes(FRAMEWORK_GLOBAL)) return true;
  // An app that takes messages stands on this module.
  return /['"](?:node:)?http['"]/.test(source);
}

/** Not enumerable: what looks through the globals sees what Node has. */
function define(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, configurable: true });
}

const awslambda = {
  /** The options, a buffer's size, are not needed: the stream goes as fast as the client takes it. */
  streamifyResponse: (call: UserFunction) => Object.assign(call, { [STREAMS]: true }),
  HttpResponseStream: {
    from: (stream: object, metadata: unknown) => Object.assign(stream, { [METADATA]: metadata }),
  },
};

function frameworkOf(registered: Map<string, Registration>) {
  const register = (signature: Registration['signature']) => (name: string, call: UserFunction) => {
    if (!FUNCTION_NAME.test(name)) {
      throw new Error(`"${name}" is no name of a function: letters, digits, "-" and "_", a letter first, at most 63`);
    }
    registered.set(name, { signature, call });
  };
  return { http: register('http'), cloudEvent: register('cloudevent') };
}
