// What the local cluster runs for the tests' image: anything that answers HTTP on $PORT.
import { createServer } from 'node:http';

createServer((request, response) => response.end(`image at ${request.url}\n`)).listen(
  Number(process.env.PORT),
  process.env.HOST,
);
process.on('SIGTERM', () => process.exit(0));
