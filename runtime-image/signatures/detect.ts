import { METHOD_EXPORTS, OWN_SERVER_ADVICE, type Signature } from '../../api/names.ts';
import { appOf } from './app.ts';
import { handlerByMethod } from './by-method.ts';
import type { Exports } from './exports.ts';
import type { UserFunction } from './invoke.ts';
import { isStreaming, type Registrations } from './platform-globals.ts';

/** How a function is called. A Worker is what `signature: fetch` finds where an object has a `fetch`. */
type Shape = Exclude<Signature, 'auto'> | 'workers';

/** What to call, and how. */
export interface Detected {
  shape: Shape;
  call: UserFunction;
  /** The object that the function is a method of; undefined: it was exported or registered by itself. */
  self: unknown;
}

interface Wanted {
  /** Name of an export or of a registered function, dotted for one inside an exported object. `default`: not named. */
  handler: string;
  signature: Signature;
}

/** The module has no handler, or several: the user has to say which. */
export class HandlerNotFound extends Error {
  override readonly name = 'HandlerNotFound';
}

interface Found {
  value: unknown;
  self: unknown;
  /** The name under which it is exported. */
  name: string;
}

/**
 * Finds the handler of a module, by a rule without guesses:
 * 1. What the module registered by the Functions Framework, where the signature allows its kind.
 * 2. The export that is named; without a name the default one, else one called `handler`, else, where the signature is
 *    http, cloudevent or lambda, the only function that is exported.
 * 3. Its shape is the signature. With `auto`: an object with `fetch` is a Worker; a function called `handler`, or given
 *    to `awslambda.streamifyResponse`, is for Lambda; every other function is the web's. A function `(req, res)` looks
 *    like one of those, so it must be registered, or `signature: http` must be said; a whole app is known by its methods.
 * 4. Where there is none of these, the exports that are called like methods, `GET`, `POST` and so on, are the web's.
 *
 * @param exports of an ES module; of a CommonJS one as `import` gives them.
 * @throws HandlerNotFound with the exports that there are and what to do.
 */
export function detect(exports: Exports, wanted: Wanted, registered: Registrations): Detected {
  const own = registeredHandler(wanted, registered);
  if (own !== undefined) return own;
  const found = exportedHandler(exports, wanted);
  const detected = (found && shaped(found, wanted.signature)) ?? byMethod(exports, wanted);
  if (detected === undefined) throw notFound(exports, wanted, registered, found);
  return detected;
}

/** What a module may export beside its handler: called once, before the first request and after the last. */
const LIFE = ['init', 'dispose'] as const;

/**
 * The module's `init` or `dispose`, where there is one that is not the handler itself: an export of that name, or a
 * method of the object that is exported, such as a Worker. One of a function, as Express's `init`, is not meant.
 */
export function lifeOf(
  exports: Exports,
  { handler }: Wanted,
  name: (typeof LIFE)[number],
): (() => unknown) | undefined {
  if (handler === name) return undefined;
  if (typeof exports[name] === 'function') return exports[name] as () => unknown;
  const objects = [commonJsOf(exports), defaultOf(exports)?.value];
  // `in` asks the object itself: a router that is a Proxy has every method that it is asked for.
  const owner = objects.find((value) => typeof value === 'object' && isRecord(value) && name in value);
  const method = isRecord(owner) ? owner[name] : undefined;
  return typeof method === 'function' ? (method.bind(owner) as () => unknown) : undefined;
}

function registeredHandler({ handler, signature }: Wanted, registered: Registrations): Detected | undefined {
  const allowed = [...registered].filter(([, one]) => signature === 'auto' || signature === one.signature);
  const candidates = handler === 'default' ? allowed : allowed.filter(([name]) => name === handler);
  const [first, ...others] = candidates.map(([, one]) => one);
  if (first === undefined) return undefined;
  if (others.length === 0) return { shape: first.signature, call: first.call, self: undefined };
  const names = allowed.map(([name]) => name).sort();
  throw new HandlerNotFound(`the module registers ${names.join(', ')}: name one of them in spec.handler`);
}

function exportedHandler(exports: Exports, { handler, signature }: Wanted): Found | undefined {
  if (handler !== 'default') return lookUp(exports, handler);
  const usual = defaultOf(exports);
  const named = lookUp(exports, 'handler');
  const isUsable = callable(usual) !== undefined || fetchOf(usual?.value) !== undefined;
  if (signature === 'lambda') return callable(named) ?? callable(usual) ?? onlyFunction(exports);
  if (signature === 'http' || signature === 'cloudevent') return callable(usual) ?? onlyFunction(exports);
  if (isUsable || signature === 'fetch') return usual;
  return callable(named) ?? usual;
}

/** A function, or an app that has one. */
function callable(found: Found | undefined): Found | undefined {
  return typeof found?.value === 'function' || appOf(found?.value) !== undefined ? found : undefined;
}

/** What a module exports by method, where nothing else in it is a handler. */
function byMethod(exports: Exports, { handler, signature }: Wanted): Detected | undefined {
  if (handler !== 'default' || (signature !== 'auto' && signature !== 'fetch')) return undefined;
  const common = commonJsOf(exports);
  const ofModule = handlerByMethod(exports, METHOD_EXPORTS);
  const call = ofModule ?? (isRecord(common) ? handlerByMethod(common, METHOD_EXPORTS) : undefined);
  return call === undefined ? undefined : { shape: 'fetch', call, self: undefined };
}

function shaped({ value, self, name }: Found, signature: Signature): Detected | undefined {
  const fetch = fetchOf(value);
  if (fetch !== undefined && (signature === 'auto' || signature === 'fetch')) {
    return { shape: 'workers', call: fetch, self: value };
  }
  const app = appOf(value);
  if (app !== undefined && (signature === 'auto' || signature === 'http')) return { shape: 'http', call: app, self };
  if (typeof value !== 'function') return undefined;
  const call = value as UserFunction;
  if (signature !== 'auto') return { shape: signature, call, self };
  const isLambda = name.split('.').at(-1) === 'handler' || isStreaming(call);
  return { shape: isLambda ? 'lambda' : 'fetch', call, self };
}

/** An object's `fetch`. A function that has one is called itself. */
function fetchOf(value: unknown): UserFunction | undefined {
  if (typeof value !== 'object' || value === null || !('fetch' in value)) return undefined;
  return typeof value.fetch === 'function' ? (value.fetch as UserFunction) : undefined;
}

/** A compiled ES module's default is one level further in. */
function defaultOf(exports: Exports): Found | undefined {
  const common = commonJsOf(exports);
  const value = isRecord(common) && common.__esModule ? common.default : exports.default;
  return value === undefined ? undefined : { value, self: undefined, name: 'default' };
}

/** Looks among the exports, then among those of the CommonJS module that they may stand for. */
function lookUp(exports: Exports, name: string): Found | undefined {
  for (const space of [exports, commonJsOf(exports)]) {
    let found: Found = { value: space, self: undefined, name };
    for (const [depth, part] of name.split('.').entries()) {
      const owner: unknown = found.value;
      found = { value: isRecord(owner) ? owner[part] : undefined, self: depth === 0 ? undefined : owner, name };
    }
    if (found.value !== undefined) return found;
  }
  return undefined;
}

/** The exported function, where there is just one besides `init` and `dispose`. */
function onlyFunction(exports: Exports): Found | undefined {
  const functions = exportNames(exports)
    .filter((name) => !(LIFE as readonly string[]).includes(name))
    .map((name) => lookUp(exports, name))
    .filter((found) => typeof found?.value === 'function');
  return functions.length === 1 ? functions[0] : undefined;
}

/** `module.exports`: as Node gives it, or as the bundler does, which has it as the only export. A Worker is none. */
function commonJsOf(exports: Exports): unknown {
  if ('module.exports' in exports) return exports['module.exports'];
  const isAlone = Object.keys(exports).join() === 'default' && fetchOf(exports.default) === undefined;
  return isAlone ? exports.default : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Every name that can be looked up, in order, each once. */
function exportNames(exports: Exports): string[] {
  const common = commonJsOf(exports);
  const own = Object.keys(exports).filter((name) => name !== 'default' || exports.default !== common);
  const names = [...own, ...(isRecord(common) ? Object.keys(common) : [])];
  return [...new Set(names)].filter((name) => name !== 'module.exports' && name !== '__esModule').sort();
}

function notFound(
  exports: Exports,
  { handler, signature }: Wanted,
  registered: Registrations,
  found: Found | undefined,
): HandlerNotFound {
  const what = found === undefined ? 'there is no such export' : `it is ${article(found.value)}`;
  const names = exportNames(exports);
  const there =
    names.length === 0 ? `the module exports nothing (${OWN_SERVER_ADVICE})` : `the module exports ${names.join(', ')}`;
  const also = registered.size === 0 ? '' : ` and registers ${[...registered.keys()].sort().join(', ')}`;
  const problem =
    handler === 'default'
      ? `no handler was found for signature ${signature}: the default export must be a function, or an object with fetch, but ${what}`
      : `the handler "${handler}" must be an exported function, but ${what}`;
  return new HandlerNotFound(`${problem}; ${there}${also}. Export it, or name another in spec.handler`);
}

function article(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object without fetch' : `a ${typeof value}`;
}
