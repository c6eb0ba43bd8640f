import type { Exports } from './exports.ts';
import type { UserFunction } from './invoke.ts';

/**
 * One web handler of those that a module exports by method, `export function GET(request)`, as Next.js and others have it.
 * HEAD is answered by GET where it has none, OPTIONS by 204 and any other method by 405, both with `Allow`.
 * @param methods names of the exports that there may be.
 * @returns undefined: there is none.
 */
export function handlerByMethod(exports: Exports, methods: readonly string[]): UserFunction | undefined {
  const handlers = new Map<unknown, UserFunction>();
  for (const method of methods) {
    const handler = exports[method];
    if (typeof handler === 'function') handlers.set(method, handler as UserFunction);
  }
  if (handlers.size === 0) return undefined;
  const get = handlers.get('GET');
  if (get !== undefined && !handlers.has('HEAD')) handlers.set('HEAD', get);
  const allow = [...handlers.keys()].join(', ');
  return (request, ...rest) => {
    const { method } = request as Request;
    const handler = handlers.get(method);
    if (handler !== undefined) return handler(request, ...rest);
    return new Response(null, { status: method === 'OPTIONS' ? 204 : 405, headers: { allow } });
  };
}
