/** Milliseconds a request spent where, as a `Server-Timing` value. */
export function serverTiming(queueMs: number, coldMs: number, functionMs: number): string {
  return `queue;dur=${tenths(queueMs)}, cold;dur=${tenths(coldMs)}, fn;dur=${tenths(functionMs)}`;
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
