/** Requests of RTSP, whose name Node's parser takes for that of HTTP, and what only speaks of it. */
import { type Attack, each, get, HOST, head, SMUGGLED } from './attack.ts';

const withLine = (line: string) => `${head(line, `Host: ${HOST}`)}${SMUGGLED}`;

export const PROTOCOLS: readonly Attack[] = [
  ...each(
    [
      'GET /first RTSP/1.0',
      'GET /first RTSP/1.1',
      'GET  /first   RTSP/1.0',
      'POST /first RTSP/1.0',
      'POST /first RTSP/1.1',
      'OPTIONS /first RTSP/1.0',
      'OPTIONS * RTSP/1.0',
      'OPTIONS * RTSP/1.1',
      'GET /first RTSP/2.0',
      'GET /first RTSP/0.9',
      'GET /first RTSP/1.2',
      'GET /first rtsp/1.0',
      'PUT /first RTSP/1.0',
      `GET http://${HOST}/first RTSP/1.0`,
      `GET rtsp://${HOST}/first RTSP/1.0`,
    ],
    (line) => ({ what: `of another protocol: ${line}`, bytes: withLine(line) }),
  ),
  ...each(['DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'TEARDOWN', 'GET_PARAMETER', 'RECORD'], (method) => ({
    what: `${method} of RTSP`,
    bytes: withLine(`${method} /first RTSP/1.1`),
  })),
  { what: 'RTSP behind empty lines', bytes: `\r\n\r\n${withLine('GET /first RTSP/1.0')}` },
  {
    what: 'RTSP in chunks',
    bytes: `${head('POST /first RTSP/1.1', `Host: ${HOST}`, 'Transfer-Encoding: chunked')}0\r\n\r\n${SMUGGLED}`,
  },
  {
    what: 'RTSP that expects 100',
    bytes: `${head('POST /first RTSP/1.1', `Host: ${HOST}`, 'Expect: 100-continue', 'Content-Length: 1')}x${SMUGGLED}`,
  },
  {
    what: 'RTSP that asks for an upgrade',
    bytes: `${head('GET /first RTSP/1.1', `Host: ${HOST}`, 'Connection: upgrade', 'Upgrade: websocket')}${SMUGGLED}`,
  },
  {
    what: 'RTSP behind a request',
    bytes: `${get()}${withLine('GET /second RTSP/1.0')}`,
    answers: [200, 400],
    reaches: ['GET /first '],
  },
  {
    what: 'HTTP that speaks of RTSP',
    bytes: head('GET /first HTTP/1.1', `Host: ${HOST}`, 'X: GET /first RTSP/1.0', ' RTSP/1.0: x', 'Connection: close'),
    answers: [400],
  },
  {
    what: 'HTTP/1.0 that speaks of RTSP',
    bytes: head('GET /first HTTP/1.0', `Host: ${HOST}`, 'X: GET /first RTSP/1.0', 'Y: RTSP/1.0 RTSP/1.0'),
    answers: [200],
    reaches: ['GET /first '],
  },
];
