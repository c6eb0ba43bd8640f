import { isatty } from 'node:tty';

const TERMINAL_LOOK_MS = 500;

/**
 * Aborts when the user wants an end: Ctrl-C, SIGTERM, SIGHUP, or a closed terminal. Of that last one only the first
 * process in the terminal is told; when that is make, it keeps it to itself.
 */
export function stopWish(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  // Nobody reads us any more: what was started is still to be stopped in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const terminal = [0, 1, 2].find((descriptor) => isatty(descriptor));
  if (terminal !== undefined) {
    const look = () => isatty(terminal) || stop.abort();
    setInterval(look, TERMINAL_LOOK_MS).unref();
  }
  return stop.signal;
}
