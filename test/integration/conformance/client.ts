/** Sends rows to an API server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { differences } from './compare.ts';
import type { Row } from './rows.ts';

export interface Server {
  url: string;
  token: string;
}

const ROW_TIMEOUT_MS = 10_000;
/** How long the effects of earlier rows may take. */
const EFFECTS_MS = 3_000;
const RETRY_MS = 100;

/** What differs between the server's answer and the row's: `status`, or paths in the body; empty: nothing. */
export async function replay(server: Server, row: Row): Promise<string[]> {
  const ignored = row.ignore.map((pattern) => new RegExp(pattern));
  // Only a read may be repeated until controllers have done their part.
  const deadline = Date.now() + (row.method === 'GET' ? EFFECTS_MS : 0);
  for (;;) {
    const { status, answer } = await send(server, row);
    const differing = differences(answer, row.answer, ignored);
    if (status !== row.status) differing.unshift(`status ${status} instead of ${row.status}`);
    if (differing.length === 0 || Date.now() >= deadline) return differing;
    await sleep(RETRY_MS);
  }
}

/** One request; `answer` as it stands in a row. */
export async function send(
  { url, token }: Server,
  row: Pick<Row, 'method' | 'path' | 'contentType' | 'body' | 'headers' | 'as'>,
): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(`${url}${row.path}`, {
    method: row.method,
    headers: {
      'user-agent': 'conformance',
      authorization: `Bearer ${row.as === 'admin' ? token : 'of-nobody'}`,
      ...(row.contentType === null ? {} : { 'content-type': row.contentType }),
      ...row.headers,
    },
    ...(row.body === null ? {} : { body: typeof row.body === 'string' ? row.body : JSON.stringify(row.body) }),
    signal: AbortSignal.timeout(ROW_TIMEOUT_MS),
  });
  const text = await response.text();
  const answer = parsed(text);
  const warning = response.headers.get('warning');
  return { status: response.status, answer: warning === null ? answer : { __warn: [warning], b: answer } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
