// What the local cluster runs for the tests' image: anything that answers HTTP on $PORT, and echoes what comes on a WebSocket.
import { createServer } from 'node:http';

const server = createServer((request, response) => response.end(`image at ${request.url}\n`));
server.on('upgrade', (_request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  socket.pipe(socket).on('error', () => socket.destroy());
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
