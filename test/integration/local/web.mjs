// A program that answers with its environment's NAME, and says when it is told to go.
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end(`${process.env.NAME ?? ''} ${process.pid}`));
server.listen(8080, process.env.HOST, () => console.log('up'));
process.on('SIGTERM', () => {
  console.log('bye');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
