/** The lines of a watch as events. */
import type { WatchEvent } from './calls.ts';
import { KubeError, type KubeStatus } from './error.ts';
import { LineDecoder } from './line-decoder.ts';
import type { KubeObject } from './resources.ts';

const TYPES: readonly string[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'];

/** Throws a KubeError for an ERROR event (its `Status`), a line that is no event, and an end in the middle of a line. */
export async function* readWatchEvents<T extends KubeObject>(
  what: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>, void, void> {
  const decoder = new LineDecoder();
  for await (const chunk of bytes) {
    for (const line of decoder.push(chunk)) yield parseEvent<T>(what, line);
  }
  if (decoder.pendingBytes > 0)
    throw new KubeError(0, 'BadAnswer', `${what}: the watch ended in the middle of an event`);
}

function parseEvent<T extends KubeObject>(what: string, line: string): WatchEvent<T> {
  const event = parseJson(what, line);
  if (event.type === 'ERROR') {
    const status = (event.object ?? {}) as KubeStatus;
    const code = status.reason || 'Unknown';
    const message = `${what}: ${status.code ?? 0} ${code}: ${status.message ?? 'the watch failed'}`;
    throw new KubeError(status.code ?? 0, code, message, { details: status });
  }
  const isEvent = typeof event.type === 'string' && TYPES.includes(event.type) && isObject(event.object);
  if (!isEvent || !isObject((event.object as KubeObject).metadata)) {
    throw new KubeError(0, 'BadAnswer', `${what}: not an event: ${line.slice(0, 200)}`);
  }
  return event as unknown as WatchEvent<T>;
}

function parseJson(what: string, line: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(line);
    return isObject(parsed) ? parsed : {};
  } catch (cause) {
    throw new KubeError(0, 'BadAnswer', `${what}: not an event: ${line.slice(0, 200)}`, { cause });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
