/** For tests: a client of a replica's WebSockets, and a handler that takes them. */
import { once } from 'node:events';
import type http from 'node:http';
import { WebSocket } from 'ws';
import type { Replica } from './replica.ts';

/** A web handler that echoes, and says what happens; `/…` chooses what else it does. */
export const ECHO = `export default async (request: Request, context) => {
  const { pathname } = new URL(request.url);
  if (request.headers.get('upgrade') !== 'websocket') return new Response('expected a WebSocket', { status: 426 });
  if (pathname === '/plain') return new Response('not for you', { status: 403 });
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.send('hello');
  server.addEventListener('message', async ({ data }) => {
    console.log('got ' + (typeof data === 'string' ? data : data.byteLength));
    if (data === 'throw') throw new Error('thrown');
    if (data === 'stray') setTimeout(() => { throw new Error('stray'); });
    if (data === 'bye') return server.close(4001, 'as you wish');
    await new Promise((resolve) => setTimeout(resolve, 1));
    server.send(data);
  });
  server.addEventListener('close', ({ code, reason, wasClean }) => console.log(['closed', code, reason, wasClean].join(' ')));
  context.signal.addEventListener('abort', () => console.log('aborted'));
  const headers = { 'sec-websocket-protocol': 'chat', 'x-own': 'a' };
  return new Response(null, { status: 101, webSocket: client, headers });
}`;

interface Client extends AsyncDisposable {
  socket: WebSocket;
  headers: http.IncomingHttpHeaders;
  /** The next message. */
  next(): Promise<string | Buffer>;
  closed: Promise<{ code: number; reason: string }>;
}

export async function connect(replica: Replica, id = 'r-1', protocols = ['other', 'chat']): Promise<Client> {
  const url = (await replica.origin()).replace('http', 'ws');
  const socket = new WebSocket(url, protocols, { headers: { 'x-request-id': id } });
  const messages: (string | Buffer)[] = [];
  let wake = () => {};
  socket.on('message', (data, isBinary) => {
    messages.push(isBinary ? (data as Buffer) : String(data));
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  const upgraded = once(socket, 'upgrade') as Promise<[http.IncomingMessage]>;
  await once(socket, 'open');
  const [{ headers }] = await upgraded;
  const next = async () => {
    while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return messages.shift() ?? '';
  };
  const dispose = async () => socket.terminate();
  return { socket, headers, next, closed, [Symbol.asyncDispose]: dispose };
}
