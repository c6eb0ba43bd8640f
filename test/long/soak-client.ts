/** The clients of runtime-soak.test.ts. */
import { once } from 'node:events';
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';

/** How one request went, in words that can be compared; `ID` stands for its own id. */
export interface Outcome {
  kind: string;
  id: string;
  seen: string;
}

export interface Asked {
  origin: string;
  agent: Agent;
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>;
}

const BODIED = new Set(['echo', 'whole', 'unread', 'leave-upload']);

/** Asks for one kind of trouble, as a client that is part of it where the kind begins with `leave`. */
export async function ask({ origin, agent, headers }: Asked, kind: string, n: number): Promise<Outcome> {
  const id = `${kind}-${n}`;
  if (kind.startsWith('socket')) return { kind, id, seen: await talk(origin, kind, id) };
  const body = BODIED.has(kind) ? bodyOf(id, n) : undefined;
  for (;;) {
    const sent = request(new URL(kind, `${origin}/`), {
      agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...headers,
        'x-request-id': id,
        'x-catnap-error-detail': 'true',
        ...(body && { 'content-length': body.length }),
      },
    });
    const answer = once(sent, 'response') as Promise<[IncomingMessage]>;
    if (kind.startsWith('leave')) return { kind, id, seen: await leave(sent, answer, body) };
    sent.end(body);
    const seen = await outcome(answer, id, body);
    // As a gateway does: no handler has seen it, so it may be sent again.
    if (seen !== AGAIN) return { kind, id, seen };
  }
}

/** A WebSocket's client: echoes are its own, then it says goodbye, vanishes, or has the handler's listener throw. */
async function talk(origin: string, kind: string, id: string): Promise<string> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/${kind}`, { headers: { 'x-request-id': id } });
  const closed = once(socket, 'close') as Promise<[number]>;
  await once(socket, 'open');
  for (const text of [id, `${id} again`]) {
    socket.send(text);
    const [echo] = await once(socket, 'message');
    if (String(echo) !== text) return `another's echo: ${echo}`;
  }
  if (kind === 'socket-leave') socket.terminate();
  else if (kind === 'socket-throw') socket.send('throw');
  else socket.close(1000);
  return `closed with ${(await closed)[0]}`;
}

const AGAIN = 'not started';

/** Begins with the id, so that a body that reaches another request shows. */
function bodyOf(id: string, n: number): Buffer {
  return Buffer.from(id.padEnd(id.length + ((n * 7_919) % 60_000), `.${id}`));
}

async function leave(sent: ClientRequest, answer: Promise<[IncomingMessage]>, body?: Buffer): Promise<string> {
  answer.catch(() => undefined);
  sent.on('error', () => undefined);
  if (sent.path === '/leave-stream') {
    sent.end();
    const [response] = await answer;
    response.on('error', () => undefined);
    await once(response, 'data');
  } else if (body !== undefined) {
    await new Promise((resolve) => sent.write(body.subarray(0, body.length >> 1), resolve));
  } else {
    sent.end();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  sent.destroy();
  return 'left';
}

async function outcome(answer: Promise<[IncomingMessage]>, id: string, body?: Buffer): Promise<string> {
  try {
    const [response] = await answer;
    const { statusCode, headers } = response;
    const own = headers['x-request-id'] === id ? 'own' : `of ${headers['x-request-id']}`;
    const text = await textOf(response);
    if (headers['x-catnap-not-started'] === 'true') return AGAIN;
    if (body?.equals(Buffer.from(text))) return `${statusCode} ${own} BODY`;
    return `${statusCode} ${own} ${text.replaceAll(id, 'ID')}`;
  } catch (error) {
    return `no answer: ${String(error)}`;
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
  } catch {
    text += ' broken off';
  }
  return text;
}
