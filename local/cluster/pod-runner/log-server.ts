/** What the API server asks a node for: the logs of its containers. */

import type { ServerResponse } from 'node:http';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { RunFiles } from './container-files.ts';
import { onGrowth } from './file-growth.ts';
import { readLog, readLogFrom, readMarks } from './log-file.ts';
import { type LogQuery, selectLines } from './log-lines.ts';

export interface LogSource {
  files: RunFiles;
  /** The program may still write. */
  alive: () => boolean;
  /** What was written so far gets its time. */
  note?: () => void;
}

/** A text instead says why there is no log; undefined: there is no such pod or container. */
type FindLog = (where: {
  namespace: string;
  pod: string;
  container: string;
  previous: boolean;
}) => LogSource | string | undefined;

/** Longest between two looks at a log that is followed; changes are seen at once where the file system tells. */
const FOLLOW_MS = 250;

interface LogRoute {
  Params: { namespace: string; pod: string; container: string };
  Querystring: {
    previous?: boolean;
    follow?: boolean;
    timestamps?: boolean;
    tailLines?: number;
    limitBytes?: number;
    sinceSeconds?: number;
    sinceTime?: string;
  };
}

const QUERY = {
  type: 'object',
  properties: {
    ...Object.fromEntries(['previous', 'follow', 'timestamps'].map((name) => [name, { type: 'boolean' }])),
    ...Object.fromEntries(['tailLines', 'limitBytes', 'sinceSeconds'].map((name) => [name, { type: 'integer' }])),
    sinceTime: { type: 'string' },
  },
};

/** `GET /containerLogs/<namespace>/<pod>/<container>`; listens on `host` when the promise resolves. */
export async function startLogServer(host: string, port: number, find: FindLog): Promise<FastifyInstance> {
  const app = fastify({ forceCloseConnections: true });
  app.get('/healthz', () => 'ok');
  app.get<LogRoute>('/containerLogs/:namespace/:pod/:container', { schema: { querystring: QUERY } }, (request, reply) =>
    answer(request, reply, find),
  );
  await app.listen({ host, port });
  return app;
}

async function answer(request: FastifyRequest<LogRoute>, reply: FastifyReply, find: FindLog): Promise<void> {
  const { namespace, pod, container } = request.params;
  const { previous = false, follow = false } = request.query;
  const source = find({ namespace, pod, container, previous });
  if (source === undefined || typeof source === 'string') {
    const why = source ?? `container "${container}" of pod "${namespace}/${pod}" is not known here`;
    await reply.code(source === undefined ? 404 : 400).send(why);
    return;
  }
  reply.hijack();
  reply.raw.setHeader('content-type', 'text/plain');
  await send(source, reply.raw, queryOf(request.query), follow);
}

async function send(source: LogSource, response: ServerResponse, query: LogQuery, follow: boolean): Promise<void> {
  const log = readLog(source.files);
  source.note?.();
  const selected = selectLines(log, readMarks(source.files), query, Date.now());
  if (!follow) return void response.end(selected);
  response.flushHeaders();
  if (selected.length > 0) response.write(selected);
  let from = log.length;
  while (!response.destroyed) {
    const alive = source.alive();
    const { offset, bytes } = readLogFrom(source.files, from);
    const lines = query.timestamps === true && alive ? wholeLines(bytes) : bytes;
    from = offset + lines.length;
    source.note?.();
    if (lines.length > 0) {
      const part = { timestamps: query.timestamps };
      if (!response.write(selectLines(lines, readMarks(source.files), part, Date.now(), offset)))
        await drained(response);
    } else if (!alive) {
      return void response.end();
    } else {
      await changed(source.files.log, response);
    }
  }
}

/** With a time before each line, half a line has to wait for its rest. */
function wholeLines(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
}

async function changed(file: string, response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const unwatch = onGrowth(file, done);
    const timer = setTimeout(done, FOLLOW_MS);
    response.once('close', done);
    function done(): void {
      clearTimeout(timer);
      response.off('close', done);
      unwatch();
      resolve();
    }
  });
}

async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

function queryOf({ tailLines, limitBytes, sinceSeconds, sinceTime, timestamps }: LogRoute['Querystring']): LogQuery {
  const asked = sinceTime === undefined ? undefined : Date.parse(sinceTime);
  return {
    tailLines,
    limitBytes,
    sinceMs: sinceSeconds === undefined ? asked : Date.now() - sinceSeconds * 1_000,
    timestamps: timestamps ?? false,
  };
}
