/**
 * Runs `work` with a signal that aborts when `signal` does (with its reason) or after `deadlineMs` (with a
 * `TimeoutError`), and rejects then even when `work` does not listen. Nothing stays attached to `signal` afterwards, so
 * it may live as long as the process.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const own = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    own.abort(reason);
    reject(reason);
  };
  const onAbort = () => end(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const late = () => end(new DOMException(`no result within ${deadlineMs} ms`, 'TimeoutError'));
  const timer = setTimeout(late, deadlineMs);
  try {
    return await Promise.race([work(own.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Resolves after `delayMs`, or earlier, without an error, when `signal` aborts. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done, { once: true });
  });
}
