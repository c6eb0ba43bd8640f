import type { Trace } from './context.ts';

/** Whatever its version; of version 00 it is all that there is, later ones may go on. */
const TRACEPARENT =
  /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})(?<traceId>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;

/**
 * Undefined without a valid `traceparent`. None is made up then: the runtime records no spans, and a context of its own
 * would only tell those that it calls whether to record theirs.
 */
export function traceOf(headers: Readonly<Record<string, unknown>>): Trace | undefined {
  const { traceparent } = headers;
  if (typeof traceparent !== 'string') return undefined;
  const { tracestate } = headers;
  const traceId = TRACEPARENT.exec(traceparent)?.groups?.traceId;
  if (traceId === undefined) return undefined;
  return { traceId, traceparent, tracestate: typeof tracestate === 'string' ? tracestate : undefined };
}
