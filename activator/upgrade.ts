import type { Duplex } from 'node:stream';

/** After one side has ended, the other gets this long to end as well: a peer that ignores it must not hold a replica. */
const LINGER_MS = 1_000;

/**
 * Makes one connection of a client's socket and a replica's: the answer's head is written to the client, then bytes go
 * both ways with back-pressure until either side closes, or has ended and the other does not follow. `onClosed` is called once, when both are closed.
 * @param headers of the 101 answer; name, value, name, value, …
 */
export function joinSockets(client: Duplex, replica: Duplex, headers: readonly string[], onClosed: () => void): void {
  let head = 'HTTP/1.1 101 Switching Protocols\r\n';
  for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  client.write(`${head}\r\n`, 'latin1');
  let open = 2;
  let timer: NodeJS.Timeout | undefined;
  const closes = (other: Duplex) => () => {
    other.destroy();
    open -= 1;
    if (open > 0) return;
    clearTimeout(timer);
    onClosed();
  };
  const ends = () => {
    timer ??= setTimeout(() => client.destroy(), LINGER_MS);
  };
  // A broken connection is closed by that, which is all that is left to do about it.
  client.on('error', () => replica.destroy()).on('close', closes(replica));
  replica.on('error', () => client.destroy()).on('close', closes(client));
  client.once('end', ends);
  replica.once('end', ends);
  client.pipe(replica);
  replica.pipe(client);
}
