/** For tests: how a request went. */
import type { AccessLogEntry } from '../telemetry/access-log.ts';

export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

export function aSummary(parts: Partial<AccessLogEntry> = {}): AccessLogEntry {
  return {
    functionKey: 'default/hello',
    revision: 'hello-1',
    requestId: 'id-1',
    traceparent: TRACEPARENT,
    method: 'GET',
    target: '/a/b?token=secret',
    status: 200,
    code: undefined,
    bytesIn: 0,
    bytesOut: 12,
    queueMs: 0.04,
    coldMs: 0,
    firstByteMs: 3.21,
    functionMs: 5,
    waitMs: 0,
    totalMs: 5.06,
    clientAddress: '10.0.0.1',
    userAgent: 'curl/8.5.0',
    ...parts,
  };
}
