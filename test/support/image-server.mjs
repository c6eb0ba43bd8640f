// What the local cluster runs for the tests' image: anything that answers HTTP on $PORT, /slow after a second, and echoes
// what comes on a WebSocket. It listens at all addresses, as most programs do. SIGTERM ends it at once, as it does many a program.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const answer = () => response.end(`image at ${request.url}, version ${process.env.VERSION}\n`);
  if (request.url === '/slow') setTimeout(answer, 1_000);
  else answer();
});
server.on('upgrade', (_request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  socket.pipe(socket).on('error', () => socket.destroy());
});
// LISTEN_PORT: where one listens that does not heed $PORT; 0 is any.
server.listen(Number(process.env.LISTEN_PORT ?? process.env.PORT));
process.on('SIGTERM', () => process.exit(0));
