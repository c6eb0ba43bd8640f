// A server that gives back what it gets, while it gets it. `node echo.mjs <host> <port>`. It reads no more of HTTP than
// the bench sends: a body with its length, one request after the other.
import { createServer } from 'node:net';

const END = '\r\n\r\n';

createServer({ noDelay: true }, (socket) => {
  let before = Buffer.alloc(0);
  let left = 0;
  const take = (chunk) => {
    if (left > 0) return body(chunk);
    const all = before.length === 0 ? chunk : Buffer.concat([before, chunk]);
    const end = all.indexOf(END);
    before = end === -1 ? all : Buffer.alloc(0);
    if (end === -1) return;
    left = Number(/\r\ncontent-length: *(\d+)/i.exec(all.latin1Slice(0, end))?.[1] ?? 0);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${left}\r\n\r\n`, 'latin1');
    const rest = all.subarray(end + END.length);
    if (rest.length > 0) take(rest);
  };
  const body = (chunk) => {
    const now = chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= now.length;
    if (!socket.write(now)) socket.pause();
    if (now.length < chunk.length) take(chunk.subarray(now.length));
  };
  socket
    .on('data', take)
    .on('drain', () => socket.resume())
    .on('error', () => socket.destroy());
}).listen(Number(process.argv[3]), process.argv[2]);
