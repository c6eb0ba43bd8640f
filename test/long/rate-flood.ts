/**
 * A thread that floods gateways over bare sockets, so that what it costs is little beside what it costs them. Told `on`, it begins;
 * told `off`, it ceases and says what came back since.
 */
import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export interface Flood {
  /** Base URLs of gateways, which share it. */
  to: readonly string[];
  host: string;
  perSecond: number;
}

export interface FloodCount {
  /** Answered 429. */
  refused: number;
  /** Answered with anything else. */
  others: number;
}

const CONNECTIONS_EACH = 16;
const STEP_MS = 10;
const STATUS_LINE = /HTTP\/1\.1 (\d{3}) /g;
const STATUS_LINE_LENGTH = 'HTTP/1.1 429 '.length;

const { to, host, perSecond } = workerData as Flood;
const request = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
let count: FloodCount = { refused: 0, others: 0 };
const lines = await Promise.all(
  to.flatMap((url) => Array.from({ length: CONNECTIONS_EACH }, () => open(new URL(url)))),
);
let timer: NodeJS.Timeout | undefined;

parentPort?.on('message', (told: 'on' | 'off') => {
  clearInterval(timer);
  if (told === 'on') timer = flood();
  else {
    parentPort?.postMessage(count);
    count = { refused: 0, others: 0 };
  }
});
parentPort?.postMessage('ready');

/** At a constant rate, by turns over all connections, whatever comes back. */
function flood(): NodeJS.Timeout {
  const startedAtMs = performance.now();
  let sent = 0;
  return setInterval(() => {
    const due = Math.floor(((performance.now() - startedAtMs) * perSecond) / 1000);
    // Of what a machine that was busy is late with, no more than a tenth of a second's is sent at once.
    sent = Math.max(sent, due - perSecond / 10);
    for (; sent < due; sent += 1) lines[sent % lines.length]?.write(request);
  }, STEP_MS);
}

function open({ hostname, port }: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => resolve(socket));
    let rest = '';
    socket.setEncoding('latin1').on('error', reject);
    socket.on('data', (text: string) => {
      rest = noted(rest + text);
    });
  });
}

/** Counts what came; what is left may be the beginning of a status line. */
function noted(text: string): string {
  let end = 0;
  for (const { 0: line, 1: status, index } of text.matchAll(STATUS_LINE)) {
    if (status === '429') count.refused += 1;
    else count.others += 1;
    end = index + line.length;
  }
  return text.slice(Math.max(end, text.length - STATUS_LINE_LENGTH + 1));
}
