/** What the API server asks a node for: the logs of its containers. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { RunFiles } from './container-files.ts';
import { onGrowth } from './file-growth.ts';
import { readLog, readLogFrom, readMarks } from './log-file.ts';
import { type LogQuery, selectLines } from './log-lines.ts';

export interface LogSource {
  files: RunFiles;
  /** The program may still write. */
  alive: () => boolean;
}

/** A text instead says why there is no log; undefined: there is no such pod or container. */
export type FindLog = (where: {
  namespace: string;
  pod: string;
  container: string;
  previous: boolean;
}) => LogSource | string | undefined;

/** Longest between two looks at a log that is followed; changes are seen at once where the file system tells. */
const FOLLOW_MS = 250;

/** `GET /containerLogs/<namespace>/<pod>/<container>`; listens on `host` when the promise resolves. */
export async function startLogServer(host: string, port: number, find: FindLog): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response, find).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse, find: FindLog): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://node');
  if (url.pathname === '/healthz') return void response.end('ok');
  const [, route, namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
  if (request.method !== 'GET' || route !== 'containerLogs' || container === '') {
    response.statusCode = 404;
    return void response.end('404 page not found\n');
  }
  const previous = flag(url, 'previous');
  const source = find({ namespace, pod, container, previous });
  if (source === undefined || typeof source === 'string') {
    response.statusCode = source === undefined ? 404 : 400;
    return void response.end(source ?? `container "${container}" of pod "${namespace}/${pod}" is not known here`);
  }
  response.setHeader('content-type', 'text/plain');
  await send(source, response, queryOf(url), flag(url, 'follow'));
}

async function send(source: LogSource, response: ServerResponse, query: LogQuery, follow: boolean): Promise<void> {
  const log = readLog(source.files);
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

function queryOf(url: URL): LogQuery {
  const number = (name: string): number | undefined => {
    const text = url.searchParams.get(name);
    return text === null || text === '' ? undefined : Number(text);
  };
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = url.searchParams.get('sinceTime');
  return {
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    sinceMs:
      sinceSeconds === undefined
        ? sinceTime === null
          ? undefined
          : Date.parse(sinceTime)
        : Date.now() - sinceSeconds * 1_000,
    timestamps: flag(url, 'timestamps'),
  };
}

const flag = (url: URL, name: string): boolean => ['true', '1'].includes(url.searchParams.get(name) ?? '');
