import type { ClientRequest } from 'node:http';
import { diagnosticsChannel } from '../builtin.ts';
import type { Trace } from './context.ts';

/** What undici, which is also Node's fetch, says of a request that it is about to send. */
interface UndiciRequest {
  /** Name, value, name, value, …; one text in older copies, which functions may bring. */
  headers?: readonly unknown[] | string;
  addHeader(name: string, value: string): void;
}

/**
 * Has requests that are sent while `current` is in a trace carry it on, those that say nothing of one themselves. The
 * trace goes on as it came, its parent with it: the runtime is no span in between. Listens to Node's own channels, so that
 * it costs nothing until something is sent, and loads nothing.
 */
export function traceOutgoing(current: () => Trace | undefined): void {
  diagnosticsChannel.subscribe('undici:request:create', (message) => {
    const { request } = message as { request: UndiciRequest };
    const trace = current();
    if (trace === undefined || saysTrace(request.headers)) return;
    for (const [name, value] of headersOf(trace)) request.addHeader(name, value);
  });
  diagnosticsChannel.subscribe('http.client.request.created', (message) => {
    const { request } = message as { request: ClientRequest };
    const trace = current();
    // Headers that are given as a list are on their way already.
    if (trace === undefined || request.headersSent || request.hasHeader('traceparent')) return;
    for (const [name, value] of headersOf(trace)) request.setHeader(name, value);
  });
}

function saysTrace(headers: UndiciRequest['headers']): boolean {
  if (typeof headers === 'string') return /^traceparent:/im.test(headers);
  return headers?.some((name, index) => index % 2 === 0 && String(name).toLowerCase() === 'traceparent') ?? false;
}

function headersOf({ traceparent, tracestate }: Trace): [name: string, value: string][] {
  const own: [string, string] = ['traceparent', traceparent];
  return tracestate === undefined ? [own] : [own, ['tracestate', tracestate]];
}
