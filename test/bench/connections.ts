/**
 * Program: `node connections.ts <plan as JSON>` opens connections and keeps them: one line of JSON when all are in place,
 * and at each line of its input one that says how many still are. Ends with its input.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { HeldPlan } from './held.ts';

/** Those that are being opened at a time: less than a server lets wait. */
const AT_ONCE = 100;
/** Local ports of one address would not do. */
const PER_ADDRESS = 5_000;

const { host, port, idle, idleHost, waiting, waitingHost }: HeldPlan = JSON.parse(process.argv[2] ?? '');
let opened = 0;
let open = 0;

await inBatches(idle, () => ask(idleHost, true));
await inBatches(waiting, () => ask(waitingHost, false));
tell();
createInterface(process.stdin)
  .on('line', tell)
  .on('close', () => process.exit());

function tell(): void {
  process.stdout.write(`${JSON.stringify({ open })}\n`);
}

async function inBatches(count: number, one: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, one));
  }
}

/** Resolves when the request is answered, or only written. Rejects when the connection breaks before. */
function ask(authority: string, answered: boolean): Promise<Socket> {
  const localAddress = `127.0.1.${1 + Math.floor(opened / PER_ADDRESS)}`;
  opened += 1;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, localAddress });
    socket.on('error', reject).on('close', () => {
      open -= 1;
      reject(new Error('a connection was closed'));
    });
    socket.on('connect', () => {
      open += 1;
      socket.write(`GET / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`, () => !answered && resolve(socket));
    });
    if (answered) socket.once('data', () => resolve(socket));
    socket.resume();
  });
}
