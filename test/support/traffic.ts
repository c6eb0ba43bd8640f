import type { GatewayClient } from './gateway.ts';

/** Requests on their way until `stop`, or until it is disposed. */
export interface Traffic extends AsyncDisposable {
  /** Ends it; statuses, and messages of errors, by how often they came. */
  stop(): Promise<Record<string, number>>;
}

/**
 * Clients that ask `url` one request after the other.
 * @param until awaited before each of their requests; where it rejects, the request is sent all the same
 */
export function traffic(
  gateway: GatewayClient,
  url: string,
  clients: number,
  until: () => Promise<unknown> = async () => undefined,
): Traffic {
  const seen = new Map<string, number>();
  let going = true;
  const note = (what: string) => void seen.set(what, (seen.get(what) ?? 0) + 1);
  const client = async () => {
    while (going) {
      await until().catch(() => undefined);
      await gateway.call(url).then(
        ({ status }) => note(String(status)),
        (error: Error) => note(error.message),
      );
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  const stop = async () => {
    going = false;
    await all;
    return Object.fromEntries(seen);
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}
