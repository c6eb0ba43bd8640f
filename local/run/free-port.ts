import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port on `host` that nobody listens on now. Throws when `wanted` is taken; 0: any. */
export async function freePort(wanted = 0, host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(wanted, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
