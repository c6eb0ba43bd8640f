/** For tests: HTTP servers that stand for the processes of pods. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { READY_PATH } from '#api/names.ts';

/** A server that stands for a pod's process. */
export interface Backend {
  ip: string;
  port: number;
  server: Server;
  /** Its process has ended: it refuses connections. */
  down(): Promise<void>;
  /** It was started again at the same address. */
  up(): Promise<void>;
}

/** @param uid what it answers to the readiness question */
export async function startBackend(uid: string, handler: RequestListener, ip = '127.0.0.1'): Promise<Backend> {
  const server = createServer({ maxHeaderSize: 131_072 }, (req, res) => {
    if (req.url === READY_PATH) res.end(uid);
    else handler(req, res);
  });
  const listen = (port: number) => new Promise<void>((resolve) => void server.listen(port, ip, resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const down = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { ip, port, server, down, up: () => listen(port) };
}

/** Leaves all that comes unanswered, the question for readiness too, while `isDeaf`. */
export function deafWhile({ server }: Backend, isDeaf: () => boolean): void {
  const [answer] = server.listeners('request');
  server.removeAllListeners('request').on('request', (req, res) => {
    if (!isDeaf()) answer?.(req, res);
  });
}
