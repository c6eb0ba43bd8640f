import type { ServerResponse } from 'node:http';

/** Why a request to one of our own APIs is not answered as it was meant. */
export interface Refusal {
  status: number;
  /** For programs: one word. */
  error: string;
  /** For people: a sentence. */
  message: string;
  retryAfterSeconds?: number;
}

/** Answers with JSON `{ error, message }`. The answer may not have begun. */
export function refuse(response: ServerResponse, { status, error, message, retryAfterSeconds }: Refusal): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  response.end(`${JSON.stringify({ error, message })}\n`);
}
