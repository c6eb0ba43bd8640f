import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import { RequestError } from '../../objects/request-error.ts';
import { internalError } from '../status.ts';

/** One whole answer. `json` is sent as it is; headers may say that it is something else. */
export interface Answer {
  code: number;
  json: string;
  headers?: { [name: string]: string };
}

export function answerOf(code: number, value: object): Answer {
  return { code, json: JSON.stringify(value) };
}

/** What priority and fairness answer when a queue is full: no Status, a line of text. */
export const TURNED_AWAY: Answer = {
  code: 429,
  json: 'Too many requests, please try again later.',
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'retry-after': '1',
  },
};

interface SendOptions {
  media: 'json' | 'yaml';
  /** Sent as Warning headers; what kubectl prints. */
  warnings: readonly string[];
}

export function send(response: ServerResponse, answer: Answer, { media, warnings }: SendOptions): void {
  const body = Buffer.from(media === 'yaml' ? stringify(JSON.parse(answer.json)) : `${answer.json}\n`);
  const headers: OutgoingHttpHeaders = {
    'content-type': media === 'yaml' ? 'application/yaml' : 'application/json',
    'cache-control': 'no-cache, private',
    'content-length': body.length,
    ...answer.headers,
  };
  if (warnings.length > 0) response.setHeader('warning', [...new Set(warnings)].map(warningHeader));
  response.writeHead(answer.code, headers);
  response.end(body);
}

/** What was thrown, as a refusal. A RequestError says itself what is wrong; anything else is ours to explain. */
export function refusalOf(error: unknown): RequestError {
  return error instanceof RequestError ? error : internalError(String(error));
}

/** `answer`, with a word on when to try again where that may help. */
export function retryLater(answer: Answer): Answer {
  return [429, 504].includes(answer.code) ? { ...answer, headers: { 'retry-after': '1' } } : answer;
}

function warningHeader(text: string): string {
  // Header values are single lines of latin text.
  const printable = text.replace(/[^\x20-\x7e]/g, ' ').replace(/[\\"]/g, '\\$&');
  return `299 - "${printable}"`;
}
