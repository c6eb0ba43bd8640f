import type { UserFunction } from './invoke.ts';

/**
 * The `(req, res)` of an app that is exported whole; undefined: `value` is none. Recognized by the methods that such apps have:
 * - Express, Connect and what is made like them: functions with `handle` and `listen`.
 * - Fastify: `routing`, once it is `ready`. Koa: what `callback()` returns. A server of `node:http`: its listeners.
 */
export function appOf(value: unknown): UserFunction | undefined {
  const has = (name: string) => typeof methodOf(value, name) === 'function';
  if (!has('listen')) return undefined;
  if (typeof value === 'function') return has('handle') ? (value as UserFunction) : undefined;
  const app = value as Record<string, UserFunction>;
  if (has('routing') && has('ready')) {
    return async (req, res) => {
      await app.ready?.();
      app.routing?.(req, res);
    };
  }
  if (has('callback') && has('use')) return app.callback?.() as UserFunction;
  if (has('emit') && has('listenerCount') && app.listenerCount?.('request') !== 0) {
    return (req, res) => void app.emit?.('request', req, res);
  }
  return undefined;
}

/** `in` asks the object itself: a router that is a Proxy has every method that it is asked for. */
function methodOf(value: unknown, name: string): unknown {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && name in value ? (value as Record<string, unknown>)[name] : undefined;
}
