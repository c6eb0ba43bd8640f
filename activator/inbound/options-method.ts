import { ALLOWED_METHODS, type Reply } from '../errors/gateway-error.ts';
import type { ClientHead } from './client-stream.ts';

/**
 * Whether an OPTIONS is not to go further than here: it asks about the server as a whole, or may not be forwarded once
 * more (RFC 9110, 7.6.2). One that may is counted down.
 */
export function isForGateway({ rawHeaders }: ClientHead, path: string): boolean {
  if (path === '*') return true;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'max-forwards' || !/^\d{1,9}$/.test(rawHeaders[i + 1] ?? '')) continue;
    const left = Number(rawHeaders[i + 1]);
    if (left === 0) return true;
    rawHeaders[i + 1] = String(left - 1);
  }
  return false;
}

/** The answer to that. */
export const OPTIONS_REPLY: Reply = { status: 204, headers: ['allow', ALLOWED_METHODS], body: '' };
