import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Asks `http://host:port/` each millisecond until it answers; returns when it did, on performance.now()'s clock. */
export async function untilFirstAnswer(host: string, port: number, withinMs = 10_000): Promise<number> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(1)) {
    const answeredAt = await once(host, port);
    if (answeredAt !== undefined) return answeredAt;
  }
  throw new Error(`${host}:${port} did not answer within ${withinMs} ms`);
}

function once(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asking = request({ host, port, agent: false });
    asking.on('response', (response) => {
      const at = performance.now();
      response.resume();
      resolve(at);
    });
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}
