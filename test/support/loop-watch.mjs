/**
 * Preloaded into a process of ours: tells its parent, by the channel between them, of each longer standstill of the main
 * loop. The process' own metric samples too seldom for that, so as not to wake a process that does nothing.
 */
const EVERY_MS = 5;

let lastMs = performance.now();
let longestMs = 0;
setInterval(() => {
  const nowMs = performance.now();
  const stallMs = nowMs - lastMs - EVERY_MS;
  lastMs = nowMs;
  if (stallMs <= longestMs) return;
  longestMs = stallMs;
  process.send?.({ stallMs });
}, EVERY_MS).unref();
process.channel?.unref();
