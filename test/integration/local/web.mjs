// A program that answers with its environment's NAME, and says when it is told to go. What is asked of /held it answers
// only then.
import { createServer } from 'node:http';

const held = [];
const answer = (response) => response.end(`${process.env.NAME ?? ''} ${process.pid}`);
const server = createServer(({ url }, response) => (url === '/held' ? held.push(response) : answer(response)));
server.listen(8080, process.env.HOST, () => console.log('up'));
process.on('SIGTERM', () => {
  console.log('bye');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  held.forEach(answer);
});
