// The baseline of what connections cost: a bare node:http server that never answers what is asked of the host `asleep.…`.
// `node holding.mjs <host> <port>`. Built-ins as in bare.mjs.
const { createServer } = process.getBuiltinModule('node:http');

const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 }, (request, response) => {
  if (!request.headers.host.startsWith('asleep.')) response.end('hello');
});
server.listen(Number(process.argv[3]), process.argv[2]);
