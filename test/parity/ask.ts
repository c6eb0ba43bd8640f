import http from 'node:http';
import { text } from 'node:stream/consumers';
import type { Answer, Body, Row } from './rows.ts';

/** Which row's handler is to answer; in the path, where no signature looks at it, there is no room for it. */
const ROW_HEADER = 'x-row';

/** Of each server its own, or of each connection. */
const NOT_COMPARED = [
  'connection',
  'content-length',
  'date',
  'function-execution-id',
  'keep-alive',
  'server',
  'transfer-encoding',
  'x-request-id',
];

/** Asks the server at `port` what row `index` asks. */
export async function ask(port: number, { request = {} }: Row, index: number): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body } = request;
  const sent = http.request({ host: '127.0.0.1', port, method, path, agent: false });
  sent.setHeader('Host', 'functions.example');
  for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value);
  sent.setHeader(ROW_HEADER, String(index));
  const bytes = bytesOf(body);
  if (bytes !== undefined && !sent.hasHeader('transfer-encoding')) sent.setHeader('content-length', bytes.length);
  sent.end(bytes);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  });
  return answerOf(response, await text(response));
}

function bytesOf(body: Body | undefined): Buffer | undefined {
  if (body === undefined) return undefined;
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.base64, 'base64');
}

function answerOf({ statusCode = 0, headers }: http.IncomingMessage, body: string): Answer {
  const compared = Object.entries(headers).filter(([name]) => !NOT_COMPARED.includes(name));
  const isOwn = headers['x-catnap-error'] !== undefined || body.includes('<title>Error</title>');
  // What a platform says of a failure is its own affair.
  if (isOwn || (statusCode === 500 && !('x-handler' in headers))) return { status: statusCode };
  return {
    status: statusCode,
    headers: Object.fromEntries(compared) as Record<string, string | string[]>,
    body: /[/+]json\b/.test(headers['content-type'] ?? '') ? parsed(body) : body,
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
