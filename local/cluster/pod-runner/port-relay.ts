/** Makes a program that listens at all addresses, on a port of its own, answer at its pod's address and port alone. */
import { connect } from 'node:net';
import { pause } from '#platform/time/deadline.ts';
import { Forwarder } from '../service-proxy/forwarder.ts';
import type { PortMove } from './own-port.ts';

/** A start waits for each look; a program that listens late is looked for less often. */
const QUICK_MS = 4;
const QUICK_FOR_MS = 2_000;
const SLOW_MS = 50;
/** What the port is taken for is over soon, such as an earlier run of the same container. */
const RETRY_MS = 50;

/**
 * Nothing listens at the pod's port before the program does, and nothing once it has stopped: a connection is what the
 * gateway and probes take for a sign that it can be asked.
 */
export class PortRelay implements Disposable {
  readonly #stop = new AbortController();

  constructor(host: string, { from, to }: PortMove) {
    void this.#run(host, from, to);
  }

  /** Connections that are open stay. */
  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #run(host: string, from: number, to: number): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await untilListening(host, to, signal);
      if (signal.aborted) return;
      const refused = Promise.withResolvers<void>();
      const onAbort = () => refused.resolve();
      signal.addEventListener('abort', onAbort);
      try {
        const options = { refused: () => refused.resolve() };
        const forwarder = await Forwarder.listen({ host, port: from }, () => ({ host, port: to }), options);
        await refused.promise;
        forwarder.close();
      } catch {
        await pause(RETRY_MS, signal);
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    }
  }
}

async function untilListening(host: string, port: number, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  while (!signal.aborted && !(await accepts(host, port))) {
    await pause(performance.now() - startedAt < QUICK_FOR_MS ? QUICK_MS : SLOW_MS, signal);
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
