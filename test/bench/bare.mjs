// The baseline of every cold start: a bare node:http server with a fixed answer. `node bare.mjs <host> <port>`.
// The built-in is not taken by `import`: that would load all of its exports, and with them far more than a server needs.
const { createServer } = process.getBuiltinModule('node:http');

createServer((_request, response) => response.end('hello')).listen(Number(process.argv[3]), process.argv[2]);
