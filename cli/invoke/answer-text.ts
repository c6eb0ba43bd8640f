import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import { HEADER } from '#api/names.ts';
import { printable } from '../command-line/printable.ts';

/** Status line and headers as they came, for `-i`. Pure. */
export function headText(status: number, rawHeaders: readonly string[]): string {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1] ?? ''}`] : [],
  );
  return `${printable([`HTTP/1.1 ${statusText(status)}`, ...lines].join('\n'))}\n`;
}

/** `404 Not Found`. Pure. */
export function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

/** What `-v` says of an answer, a line each: its id, whether it was a cold start, and where its time went. Pure. */
export function timingLines(headers: IncomingHttpHeaders, firstByteMs: number, allMs: number): string[] {
  const id = headers[HEADER.requestId];
  const timing = headers[HEADER.serverTiming];
  const isCold = headers[HEADER.coldStart] === 'true';
  const cold = /(?:^|[,\s])cold;(?:[^,]*;)?dur=([\d.]+)/.exec(String(timing ?? ''))?.[1];
  const waited = cold === undefined ? '' : `: ${Math.round(Number(cold))} ms of it until a replica was ready`;
  return [
    `${HEADER.requestId}: ${id ?? '(none)'}`,
    ...(timing === undefined ? [] : [`${HEADER.serverTiming}: ${timing}`]),
    `first byte after ${Math.round(firstByteMs)} ms, all after ${Math.round(allMs)} ms`,
    ...(isCold ? [`a cold start${waited}`] : []),
  ].map(printable);
}
