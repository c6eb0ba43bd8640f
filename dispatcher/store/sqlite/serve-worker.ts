import type { MessagePort } from 'node:worker_threads';
import { refuseNetwork } from './disk.ts';
import { inWords, openDatabase } from './open-database.ts';
import { RequestServer } from './request-server.ts';
import { toFailure, type WorkerData, type WorkerMessage, type WorkerRequest } from './worker-messages.ts';

/** Opens the store and answers what the port brings, until it brings `close`. */
export function serveWorker(port: MessagePort, { path, limits }: WorkerData, open = openDatabase): void {
  const post = (message: WorkerMessage) => port.postMessage(message);
  let server: RequestServer;
  try {
    refuseNetwork(path);
    server = new RequestServer(open(path), { path, limits, answer: post });
  } catch (error) {
    post({ refused: toFailure(inWords(error, path)) });
    return;
  }
  port.on('message', (request: WorkerRequest | 'close') => {
    if (request !== 'close') return server.take(request);
    server.close();
    port.close();
  });
  post('opened');
}
