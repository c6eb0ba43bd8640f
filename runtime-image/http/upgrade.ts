import type { IncomingMessage, ServerResponse } from 'node:http';
import { http } from '../builtin.ts';

/** Whether a request is for a WebSocket. Any other upgrade is served as if it had not been asked for. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && !hasBody;
}

/** A request on a connection that the server has let go of: its answer ends it, or it becomes another protocol's. */
export interface Upgrade {
  /** To be written like any other; closes with the connection. */
  response: ServerResponse;
  /** Lets go of the connection too, so that another protocol can take it. */
  handOver(): void;
}

/** @param head what came behind the request's own head. */
export function upgradeOf(message: IncomingMessage, head: Buffer): Upgrade {
  const { socket } = message;
  const response = new http.ServerResponse(message);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on('finish', () => socket.destroySoon());
  socket.on('error', () => socket.destroy());
  if (head.length > 0) socket.unshift(head);
  // A client that leaves while it waits is noticed only by a read that finds the end.
  const look = () => {
    if (socket.readableLength === 0) socket.read();
  };
  const left = () => socket.destroy();
  socket.on('readable', look).on('end', left);
  const handOver = () => void socket.off('readable', look).off('end', left);
  return { response, handOver };
}
