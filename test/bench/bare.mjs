// The baseline of every cold start: a bare node:http server with a fixed answer. `node bare.mjs <host> <port>`.
import { createServer } from 'node:http';

createServer((_request, response) => response.end('hello')).listen(Number(process.argv[3]), process.argv[2]);
