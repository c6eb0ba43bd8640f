/** Listeners of events whose errors are handed on. Those of Node's own EventTarget end the process. */

export type Listener = Parameters<EventTarget['addEventListener']>[1] & object;

/** The same listener, which never throws: its error, or the rejection of what it returns, goes to `failed`. */
export function guardedListener(target: EventTarget, listener: Listener, failed: (error: unknown) => void): Listener {
  return (event: Event) => {
    try {
      const result: unknown =
        typeof listener === 'function' ? listener.call(target, event) : listener.handleEvent(event);
      Promise.resolve(result).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}

/** Guards whatever will listen to `signal`, by `onabort` too. */
export function guardListeners(signal: AbortSignal, failed: (error: unknown) => void): void {
  const guarded = new WeakMap<Listener, Listener>();
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const guard = (listener: Listener) => {
    const known = guarded.get(listener) ?? guardedListener(signal, listener, failed);
    guarded.set(listener, known);
    return known;
  };
  const isListener = (value: unknown): value is Listener =>
    typeof value === 'function' || (typeof value === 'object' && value !== null);
  define(signal, 'addEventListener', (type: string, listener: unknown, options?: AddEventListenerOptions) =>
    Reflect.apply(addEventListener, signal, [type, isListener(listener) ? guard(listener) : listener, options]),
  );
  define(signal, 'removeEventListener', (type: string, listener: unknown, options?: EventListenerOptions) => {
    const added = isListener(listener) ? (guarded.get(listener) ?? listener) : listener;
    Reflect.apply(removeEventListener, signal, [type, added, options]);
  });
}

function define(signal: AbortSignal, name: string, value: unknown): void {
  Object.defineProperty(signal, name, { value, configurable: true, writable: true });
}
