import type { Exports } from './bundle.ts';
import type { Handler, Init } from './context.ts';

/** What to call of a user's module. */
export interface Loaded {
  handler: Handler;
  /** Awaited before the first request; undefined: there is none. */
  init: Init | undefined;
}

/**
 * Picks the export named `name`, and `init` where there is one. A CommonJS module's exports are looked at too.
 * @throws Error that lists the exports there are.
 */
export function pickHandler(exports: Exports, name: string): Loaded {
  const handler = exported(exports, name);
  if (typeof handler !== 'function') {
    const found = handler === undefined ? 'there is no such export' : `it is ${article(typeof handler)}`;
    throw new Error(`the handler "${name}" must be an exported function, but ${found}; ${listOf(exports)}`);
  }
  const init = name === 'init' ? undefined : exported(exports, 'init');
  return { handler: handler as Handler, init: typeof init === 'function' ? (init as Init) : undefined };
}

function exported(exports: Exports, name: string): unknown {
  if (name === 'default') return commonJsOf(exports)?.default ?? exports.default;
  return exports[name] ?? commonJsOf(exports)?.[name];
}

/** `module.exports` of a CommonJS module that is more than a function, or of one that was ESM before it was compiled. */
function commonJsOf(exports: Exports): Exports | undefined {
  const inner = exports['module.exports'];
  return typeof inner === 'object' && inner !== null ? (inner as Exports) : undefined;
}

function listOf(exports: Exports): string {
  const names = Object.keys(exports).filter((name) => name !== 'module.exports');
  return names.length === 0 ? 'the module exports nothing' : `the module exports ${names.sort().join(', ')}`;
}

function article(type: string): string {
  return type === 'object' ? 'an object' : `a ${type}`;
}
