/** The signals that end a replica. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type Held = (typeof SIGNALS)[number];

/** What a listener that returned no promise gets to end the process in, or to be done with its work, in milliseconds. */
const LISTENER_MS = 2_000;

interface HeldSignals {
  /**
   * Calls the function's own listeners of `signal`. Resolves when their promises have settled; where one returned none, when
   * nothing is left to wait for in the process, after two seconds at the latest. A listener may end the process.
   */
  release(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Has signals reach `onSignal` alone. A function may listen to them too, as tracing tutorials say: its listeners, which
 * mostly end the process, wait until its requests are over. Node asks `process.emit` for it whatever listeners there are.
 * @param onThrown called with what a listener throws, or its promise rejects with.
 */
export function holdSignals(
  onSignal: (signal: NodeJS.Signals) => void,
  onThrown: (error: unknown) => void,
): HeldSignals {
  const emit = process.emit;
  process.emit = function (this: unknown, event: unknown, ...rest: unknown[]) {
    if (!isHeld(event)) return Reflect.apply(emit, this, [event, ...rest]) as boolean;
    onSignal(event);
    return true;
  } as typeof process.emit;
  // Without a listener Node would not catch the signal, and the process would end.
  const own = () => undefined;
  for (const signal of SIGNALS) process.on(signal, own);
  process.on('removeListener', (event, listener) => {
    if (isHeld(event) && listener === own) process.on(event, own);
  });
  return { release: (signal) => release(signal, own, onThrown) };
}

function isHeld(event: unknown): event is Held {
  return (SIGNALS as readonly unknown[]).includes(event);
}

async function release(signal: NodeJS.Signals, own: unknown, onThrown: (error: unknown) => void): Promise<void> {
  const theirs = process.rawListeners(signal).filter((listener) => listener !== own);
  let isOpen = false;
  const settling = theirs.map(async (listener) => {
    try {
      const result: unknown = Reflect.apply(listener, process, [signal]);
      if (result === undefined) isOpen = true;
      await result;
    } catch (error) {
      onThrown(error);
    }
  });
  await Promise.all(settling);
  if (isOpen) await idle();
}

/** Resolves when nothing keeps the process, or it took too long. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, LISTENER_MS).unref();
    process.once('beforeExit', () => resolve());
  });
}
