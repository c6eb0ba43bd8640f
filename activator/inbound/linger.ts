import type { Socket } from 'node:net';
import { guarded } from '../errors/guarded-entries.ts';

/**
 * Lingering close: a connection that is closed while bytes of its client are unread is reset, and the reset takes away
 * answers that the client has not read yet. So what a client still sends is read over and thrown away for a while.
 */

/** Longest in all, as nginx has it; a client may have a large body under way over a slow line. */
const TOTAL_MS = 30_000;
/** Longest without a byte. */
const IDLE_MS = 2_000;
/** Most bytes that are read over. */
const MOST_BYTES = 64 * 1024 * 1024;
const LOOK_MS = 250;

/** Ends the connection at the bounds above, unless `forgetLinger` comes first, or it closes. Something has to read it. */
export function lingerAtMost(socket: Socket): () => void {
  const [fromMs, fromBytes] = [performance.now(), socket.bytesRead];
  let [movedAtMs, bytes] = [fromMs, fromBytes];
  const onLook = () => {
    const nowMs = performance.now();
    if (socket.bytesRead !== bytes) [movedAtMs, bytes] = [nowMs, socket.bytesRead];
    const isOver = nowMs - fromMs >= TOTAL_MS || nowMs - movedAtMs >= IDLE_MS || bytes - fromBytes >= MOST_BYTES;
    if (isOver) socket.destroy();
  };
  const look = guarded('client look', onLook, () => socket.destroy());
  const timer = setInterval(look, LOOK_MS);
  const onEnd = () => {
    clearInterval(timer);
    socket.off('close', onEnd);
  };
  socket.once('close', onEnd);
  return onEnd;
}

/** Says `last`, ends our side once all is written, and reads on to the bounds above. */
export function closeLingering(socket: Socket, last = ''): void {
  lingerAtMost(socket);
  socket.end(last);
  socket.resume();
}
