import type { ServerResponse } from 'node:http';
import type { KeptLine } from '#api/kept-log.ts';
import { logTime } from '#platform/pod-logs/log-line.ts';
import type { Position } from '../store/function-log.ts';
import type { LogReader, ReadLine } from '../store/log-reader.ts';
import type { FunctionName, LogStore } from '../store/log-store.ts';
import { isWanted, type LogQuery } from './log-query.ts';
import type { Places } from './places.ts';

/** An empty line tells both sides, and what is between them, that the other is still there. */
const HEARTBEAT_MS = 15_000;
/** Who takes nothing for so long is gone. */
const DRAIN_MS = 30_000;
/** Longest that what is kept may take to be sent, where no other waits to be sent theirs. */
const KEPT_MS = 120_000;
/** A stream ends after so long; who still may read begins a new one by `after`. */
const FOLLOW_MS = 10 * 60_000;

export interface Sending {
  store: LogStore;
  places: Places;
  of: FunctionName;
  query: LogQuery;
  response: ServerResponse;
  /** The server stops, or another needs the place: whichever comes first. */
  ends: readonly AbortSignal[];
}

/** Sends what is kept, in order of time, then what comes. Resolves at the end of the answer, whoever ended it. */
export async function sendLines(sending: Sending): Promise<void> {
  const { store, of, query, response, places } = sending;
  using place = await places.send(of.namespace);
  if (place === undefined) {
    response.writeHead(503, { 'retry-after': '5' }).end();
    return;
  }
  store.flush();
  const from = placeOf(query.after, store.epoch);
  const reader = store.reader(of, from);
  const end = query.follow || reader !== undefined ? store.end(of) : undefined;
  // From before the first line: what is kept may take long to be sent, and its namespace may go meanwhile.
  using wakes = query.follow ? wakesOf(sending) : undefined;
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-content-type-options': 'nosniff' });
  response.flushHeaders();
  const cut = () => response.destroy();
  const late = setTimeout(cut, KEPT_MS);
  place.taken.addEventListener('abort', cut);
  try {
    if (reader !== undefined && end !== undefined) await sendKept(sending, reader, end);
  } finally {
    clearTimeout(late);
    place.taken.removeEventListener('abort', cut);
  }
  place[Symbol.dispose]();
  if (wakes !== undefined && end !== undefined) await follow(sending, end, wakes);
  response.end();
}

async function sendKept(sending: Sending, reader: LogReader, end: Position): Promise<void> {
  const { query, response, store } = sending;
  const kept = await readUntil(reader, end, (line) => isWanted(query, line));
  // Containers are read side by side, and one may be read late.
  kept.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const chosen = query.limit === undefined ? kept : kept.slice(Math.max(0, kept.length - query.limit));
  for (const line of chosen) if (!(await write(response, textOf(line, store.epoch)))) return;
}

async function readUntil(reader: LogReader, end: Position, wanted: (line: ReadLine) => boolean): Promise<ReadLine[]> {
  const lines: ReadLine[] = [];
  for (let some = await reader.next(); some.length > 0; some = await reader.next()) {
    for (const line of some) {
      if (isAfter(line.after, end)) return lines;
      if (wanted(line)) lines.push(line);
    }
  }
  return lines;
}

async function follow(sending: Sending, from: Position, wakes: ReturnType<typeof wakesOf>): Promise<void> {
  const { store, of, query, response } = sending;
  if (wakes.isOver()) return;
  const reader = store.reader(of, from) as LogReader;
  while (!wakes.isOver()) {
    const woken = wakes.next();
    const lines = await reader.next();
    // Read after its namespace went: another's, maybe.
    if (wakes.isOver()) return;
    if (reader.takeLost() && !(await write(response, lostNotice(store.epoch, from)))) return;
    const wanted = lines.filter((line) => isWanted(query, line));
    const text = wanted.map((line) => textOf(line, store.epoch)).join('');
    if (text !== '' && !(await write(response, text))) return;
    if (lines.length > 0) continue;
    const isBeat = await woken;
    if (isBeat && !response.writableNeedDrain && !response.destroyed) response.write('\n');
  }
}

/** What ends the wait of one who follows: new lines, the time for an empty one, and the end of it all. */
function wakesOf({ store, of, response, ends }: Sending) {
  const untilMs = performance.now() + FOLLOW_MS;
  let wake = Promise.withResolvers<boolean>();
  const tell = () => wake.resolve(false);
  const listening = store.onAdded(of, tell);
  response.once('close', tell);
  for (const one of ends) one.addEventListener('abort', tell);
  const beat = setInterval(() => wake.resolve(true), HEARTBEAT_MS);
  return {
    isOver: () =>
      response.destroyed || listening.isOver || ends.some(({ aborted }) => aborted) || performance.now() >= untilMs,
    /** Whether it is time for an empty line. */
    next: () => {
      wake = Promise.withResolvers();
      return wake.promise;
    },
    [Symbol.dispose]: () => {
      clearInterval(beat);
      listening[Symbol.dispose]();
      response.off('close', tell);
      for (const one of ends) one.removeEventListener('abort', tell);
    },
  };
}

/** Whether it was taken; who does not take it in time is cut off. */
async function write(response: ServerResponse, text: string): Promise<boolean> {
  if (response.destroyed) return false;
  if (response.write(text)) return true;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => response.destroy(), DRAIN_MS);
  response.once('drain', resolve);
  response.once('close', resolve);
  await promise;
  clearTimeout(timer);
  response.off('drain', resolve);
  response.off('close', resolve);
  return !response.destroyed;
}

function textOf({ source, kind, time, text, after }: ReadLine, epoch: string): string {
  const { pod, revision, container } = source;
  const said = kind === 'line' ? { line: text } : { notice: text };
  const line: KeptLine = { time, pod, revision, container, ...said, id: idOf(after, epoch) };
  return `${JSON.stringify(line)}\n`;
}

function lostNotice(epoch: string, at: Position): string {
  const notice = 'lines are left out: they were dropped to make room before they were read';
  const line: KeptLine = {
    time: logTime(Date.now()),
    pod: '',
    revision: '',
    container: '',
    notice,
    id: idOf(at, epoch),
  };
  return `${JSON.stringify(line)}\n`;
}

function idOf({ segment, offset }: Position, epoch: string): string {
  return `${epoch}-${segment}-${offset}`;
}

/** Undefined: there is none, or it is of a store that is gone, of which all lines are sent again. */
function placeOf(id: string | undefined, epoch: string): Position | undefined {
  const [, of, segment, offset] = /^([0-9a-f]{16})-(\d{1,10})-(\d{1,12})$/.exec(id ?? '') ?? [];
  return of === epoch ? { segment: Number(segment), offset: Number(offset) } : undefined;
}

function isAfter(a: Position, b: Position): boolean {
  return a.segment > b.segment || (a.segment === b.segment && a.offset > b.offset);
}
