import type { IncomingMessage } from 'node:http';
import { CALLER_HEADER_PREFIX, INTERNAL_HEADER_PREFIX } from '../../api/names.ts';

/** Takes what the gateway tells the runtime out of the headers of `message`, which a handler is about to see; who asks stays, that is for the handler. */
export function hideInternalHeaders(message: IncomingMessage): IncomingMessage {
  const raw = message.rawHeaders;
  for (let index = raw.length - 2; index >= 0; index -= 2) {
    const name = raw[index]?.toLowerCase() ?? '';
    if (!name.startsWith(INTERNAL_HEADER_PREFIX) || name.startsWith(CALLER_HEADER_PREFIX)) continue;
    raw.splice(index, 2);
    delete message.headers[name];
  }
  return message;
}
