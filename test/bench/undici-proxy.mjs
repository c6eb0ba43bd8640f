// What a proxy in Node is by itself: node:http in front, undici behind, and nothing decided in between.
// `node undici-proxy.mjs <host> <port> <port of the backend>`.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [, , host, port, backendPort] = process.argv;
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'te', 'trailer'];
const backend = new Pool(`http://${host}:${backendPort}`);

createServer((request, response) => {
  const { method, url: path, headers } = request;
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  const answer = ({ statusCode, headers, opaque }) => opaque.writeHead(statusCode, endToEnd(headers));
  backend
    .stream({ method, path, headers: endToEnd(headers), body: hasBody ? request : null, opaque: response }, answer)
    .catch(() => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
}).listen(Number(port), host);

function endToEnd(headers) {
  for (const name of HOP_BY_HOP) delete headers[name];
  return headers;
}
