/** A client that writes what it was given to write, and reads what comes back to its end. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { GeneratedRequests } from './generate/requests.ts';
import { answersIn } from './measure/attribution.ts';

/** How long after the last byte a client that waits takes it that no more will come, in milliseconds. */
const QUIET_MS = 150;

export interface Exchanged {
  /** All that came back; each character is one byte. */
  text: string;
  /** Whether the other side took connection and bytes and ended it, or fell silent in time. */
  inTime: boolean;
}

/** @param withinMs until the gateway has answered, ended the connection, or fallen silent */
export async function exchange(
  port: number,
  { pieces, pauseMs, owed, end }: GeneratedRequests,
  withinMs: number,
): Promise<Exchanged> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let text = '';
  let lastMs = performance.now();
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    lastMs = performance.now();
  });
  await once(socket, 'connect');
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    if (pieces.length > 1) await (pauseMs > 0 ? sleep(pauseMs) : turn());
  }
  if (end === 'reset') {
    socket.resetAndDestroy();
    return { text, inTime: true };
  }
  if (end === 'end') socket.end();
  lastMs = performance.now();
  const endsAtMs = lastMs + withinMs;
  // Who is owed answers waits for them; who is not waits for the other side to fall silent.
  const silent = () => (owed > 0 ? answersIn(text) >= owed : performance.now() - lastMs > QUIET_MS);
  const settled = () => socket.closed || (end === 'wait' && silent());
  while (!settled() && performance.now() < endsAtMs) await sleep(5);
  const inTime = settled();
  socket.destroy();
  return { text, inTime };
}
