// Node's own Request and Response with the handlers of a file: `node node-fetch.mjs <file>`. Prints its port.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';

const handlers = new Function(`${readFileSync(process.argv[2], 'utf8')} return handlers;`)();

const server = createServer(async (message, response) => {
  try {
    await send(response, await handlers[message.headers['x-row']](requestOf(message)));
  } catch {
    response.writeHead(500).end();
  }
}).listen(0, '127.0.0.1', () => console.log(server.address().port));

function requestOf(message) {
  const { method, url, headers, headersDistinct } = message;
  const hasBody =
    method !== 'GET' && method !== 'HEAD' && ('content-length' in headers || 'transfer-encoding' in headers);
  return new Request(`http://${headers.host}${url}`, {
    method,
    headers: Object.entries(headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value])),
    redirect: 'manual',
    ...(hasBody && { body: Readable.toWeb(message), duplex: 'half' }),
  });
}

async function send(response, answer) {
  if (!(answer instanceof Response)) throw new TypeError('not a Response');
  const names = [...answer.headers].filter(([name]) => name !== 'set-cookie');
  const body = Buffer.from(await answer.arrayBuffer());
  const cookies = answer.headers.getSetCookie();
  response.writeHead(answer.status, [...names, ...cookies.map((cookie) => ['set-cookie', cookie])].flat());
  response.end(body);
}
