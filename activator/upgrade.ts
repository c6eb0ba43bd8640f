import type { Duplex } from 'node:stream';

/**
 * Makes one connection of a client's socket and a replica's: the answer's head is written to the client, then bytes go
 * both ways with back-pressure until either side closes. `onClosed` is called once, when both are closed.
 * @param headers of the 101 answer; name, value, name, value, …
 */
export function joinSockets(client: Duplex, replica: Duplex, headers: readonly string[], onClosed: () => void): void {
  let head = 'HTTP/1.1 101 Switching Protocols\r\n';
  for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  client.write(`${head}\r\n`, 'latin1');
  let open = 2;
  const closes = (other: Duplex) => () => {
    other.destroy();
    open -= 1;
    if (open === 0) onClosed();
  };
  // A broken connection is closed by that, which is all that is left to do about it.
  client.on('error', () => replica.destroy()).on('close', closes(replica));
  replica.on('error', () => client.destroy()).on('close', closes(client));
  client.pipe(replica);
  replica.pipe(client);
}
