/** The function of runtime-soak.test.ts: one kind of trouble for each path, and what is left of it at `/counts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Context, Handler } from '../../runtime-image/call/context.ts';

interface Socket {
  accept(): void;
  send(data: string): void;
  addEventListener(type: 'message' | 'close', listener: (event: { data: string }) => unknown): void;
}

declare const WebSocketPair: new () => { 0: object; 1: Socket };

/** What a replica holds between requests. */
export interface Counts {
  /** What keeps its event loop alive, by kind; connections apart. */
  resources: Record<string, number>;
  /** Listeners of each event: of the process, and the most that any connection, and any server, has. */
  listeners: Record<string, number>;
  heapBytes: number;
}

const FIRST = new TextEncoder().encode('first');

/** Says that it runs in the course of the request with this id; the line carries the id that the runtime knows. */
function say(where: string, { requestId }: Context): void {
  console.log(`${where} of ${requestId}`);
}

async function* ticks(context: Context, count: number): AsyncGenerator<string> {
  for (let n = 0; n < count; n++) {
    yield `${context.requestId} ${n}\n`;
    await sleep(1);
    if (n % 2 === 0) say('tick', context);
  }
}

/** Gives one chunk, and nothing more until it is cancelled. */
function endless(context: Context): ReadableStream<Uint8Array> {
  say('in', context);
  return new ReadableStream({
    start: (controller) => controller.enqueue(FIRST),
    cancel: () => say('cancel', context),
  });
}

const aborted = ({ signal }: Context) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** Handlers that run on after their time. */
const running = new Set<Context>();

const KINDS: Readonly<Record<string, Handler>> = {
  plain: (_request, { requestId }) => ({ id: requestId }),
  later: async (_request, context) => {
    say('before', context);
    await sleep(2);
    say('after', context);
    const answered = sleep(3).then(() => say('waitUntil', context));
    context.waitUntil(answered);
    return { id: context.requestId };
  },
  echo: (request) => new Response(request.body),
  whole: async (request, { requestId }) => {
    const text = await request.text();
    return { id: requestId, sent: text.slice(0, requestId.length), length: text.length };
  },
  unread: (_request, { requestId }) => ({ id: requestId }),
  stream: (_request, context) => ticks(context, 6),
  'throw-sync': (_request, { requestId }) => {
    throw new Error(`sync ${requestId}`);
  },
  'throw-async': async (_request, { requestId }) => {
    await sleep(1);
    throw new Error(`async ${requestId}`);
  },
  'throw-late': async function* (_request: Request, context: Context) {
    yield context.requestId;
    await sleep(5);
    throw new Error(`late ${context.requestId}`);
  },
  'time-obedient': async (_request, context) => {
    say('in', context);
    await aborted(context);
    say('abort', context);
    throw context.signal.reason;
  },
  'time-deaf': async (_request, context) => {
    running.add(context);
    await sleep(700);
    say('deaf', context);
    running.delete(context);
    return 'too late';
  },
  'time-stream': (_request, context) => endless(context),
  'leave-before': async (_request, context) => {
    say('in', context);
    await aborted(context);
    say('abort', context);
    return 'nobody hears this';
  },
  'leave-stream': (_request, context) => endless(context),
  'leave-upload': async (request, context) => {
    say('in', context);
    try {
      return { length: (await request.text()).length };
    } finally {
      say('abort', context);
    }
  },
};

/** Echoes; a listener that throws closes it. */
function takeSocket(context: Context): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener('message', async ({ data }) => {
    await sleep(1);
    say('message', context);
    if (data === 'throw') throw new Error('thrown');
    server.send(data);
  });
  server.addEventListener('close', () => say('abort', context));
  say('in', context);
  return new Response(null, { status: 101, webSocket: client } as ResponseInit);
}

export function handle(request: Request, context: Context): ReturnType<Handler> {
  const kind = new URL(request.url).pathname.slice(1);
  if (kind === 'counts') return countsWhenQuiet();
  if (kind.startsWith('socket')) return takeSocket(context);
  const handler = KINDS[kind];
  if (handler === undefined) throw new Error(`no such kind: ${kind}`);
  return handler(request, context);
}

/** Garbage goes in steps: what a collection frees may let go of more. */
async function countsWhenQuiet(): Promise<Counts> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  while (running.size > 0) await sleep(20);
  for (let round = 0; round < 4; round++) {
    collect();
    await sleep(20);
  }
  return { resources: resources(), listeners: listeners(), heapBytes: process.memoryUsage().heapUsed };
}

/** Connections come and go with the clients, and each may have a timer of its own. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  const { TCPSocketWrap: _connections, ...others } = counts;
  return others;
}

function listeners(): Record<string, number> {
  const most: Record<string, number> = {};
  const handles = (process as unknown as { _getActiveHandles(): NodeJS.EventEmitter[] })._getActiveHandles();
  for (const emitter of [process as NodeJS.EventEmitter, ...handles]) {
    if (typeof emitter.eventNames !== 'function') continue;
    for (const event of emitter.eventNames()) {
      const name = `${emitter.constructor.name} ${String(event)}`;
      most[name] = Math.max(most[name] ?? 0, emitter.listenerCount(event));
    }
  }
  return most;
}
