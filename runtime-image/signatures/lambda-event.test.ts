import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { lambdaEvent } from './lambda-event.ts';
import { replyOfLambda } from './lambda-result.ts';

interface Sent {
  method?: string;
  url?: string;
  /** Names and values in turn. */
  rawHeaders?: string[];
  body?: string | Buffer;
}

function eventOf({ method = 'GET', url = '/', rawHeaders = [], body = '' }: Sent) {
  const message = { method, url, rawHeaders, httpVersion: '1.1', socket: { remoteAddress: '10.0.0.1' } };
  return lambdaEvent({
    message: message as unknown as IncomingMessage,
    body: Buffer.from(body),
    requestId: 'r1',
    function: 'orders',
    nowMs: Date.UTC(2020, 2, 12, 19, 3, 58, 390),
  });
}

test('the source is the one that a trusted proxy named, not the first of the list', () => {
  const rawHeaders = [
    'Host',
    'a.example',
    'X-Forwarded-For',
    '1.2.3.4, 203.0.113.9, 10.0.0.5',
    'X-Real-IP',
    '203.0.113.9',
  ];
  assert.equal(eventOf({ method: 'GET', url: '/', rawHeaders, body: '' }).requestContext.http.sourceIp, '203.0.113.9');
});

/** The example of API Gateway's documentation of payload format 2.0, as a request. */
test('a request as payload format 2.0', () => {
  const event = eventOf({
    method: 'POST',
    url: '/my/path?parameter1=value1&parameter1=value2&parameter2=value',
    rawHeaders: [
      ...['Host', 'id.example.org', 'Header1', 'value1', 'Header2', 'value1', 'header2', 'value2'],
      ...['Cookie', 'cookie1; cookie2', 'User-Agent', 'agent', 'X-Forwarded-For', '192.0.2.1, 10.0.0.9'],
      ...['Content-Type', 'text/plain'],
    ],
    body: 'Hello from Lambda',
  });
  assert.deepEqual(event, {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/my/path',
    rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
    cookies: ['cookie1', 'cookie2'],
    headers: {
      host: 'id.example.org',
      header1: 'value1',
      header2: 'value1,value2',
      'user-agent': 'agent',
      'x-forwarded-for': '192.0.2.1, 10.0.0.9',
      'content-type': 'text/plain',
    },
    queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'orders',
      domainName: 'id.example.org',
      domainPrefix: 'id',
      http: {
        method: 'POST',
        path: '/my/path',
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.1',
        userAgent: 'agent',
      },
      requestId: 'r1',
      routeKey: '$default',
      stage: '$default',
      time: '12/Mar/2020:19:03:58 +0000',
      timeEpoch: 1_584_039_838_390,
    },
    body: 'Hello from Lambda',
    isBase64Encoded: false,
  });
});

test('what a request does not have is not there', () => {
  const event = eventOf({ url: '/a%20b/%' });
  assert.equal(event.rawQueryString, '');
  assert.equal(event.isBase64Encoded, false);
  assert.deepEqual(
    ['cookies', 'queryStringParameters', 'body'].filter((name) => name in event),
    [],
  );
  assert.equal(event.requestContext.http.sourceIp, '10.0.0.1');
  assert.equal(eventOf({ url: '/a%20b' }).rawPath, '/a b');
  assert.equal(event.rawPath, '/a%20b/%');
});

const BODIES: [type: string, isBase64Encoded: boolean][] = [
  ['application/json', false],
  ['application/problem+json; charset=utf-8', false],
  ['text/html', false],
  ['application/x-www-form-urlencoded', false],
  ['application/xml', false],
  ['application/octet-stream', true],
  ['multipart/form-data; boundary=x', true],
  ['image/png', true],
];
for (const [type, isBase64Encoded] of BODIES) {
  test(`a body of ${type} is ${isBase64Encoded ? 'base64' : 'text'}`, () => {
    const event = eventOf({ method: 'POST', rawHeaders: ['Content-Type', type], body: 'é' });
    assert.equal(event.isBase64Encoded, isBase64Encoded);
    assert.equal(event.body, isBase64Encoded ? 'w6k=' : 'é');
  });
}

test('a compressed body is base64, whatever its type', () => {
  const rawHeaders = ['Content-Type', 'text/plain', 'Content-Encoding', 'gzip'];
  assert.equal(eventOf({ method: 'POST', rawHeaders, body: 'x' }).isBase64Encoded, true);
});

const JSON_HEADERS = [['content-type', 'application/json']];
const RESULTS: [what: string, result: unknown, status: number, headers: string[][], body: unknown][] = [
  ['a string is the body of a 200', 'Hello from Lambda!', 200, JSON_HEADERS, 'Hello from Lambda!'],
  ['an object is JSON', { message: 'hi' }, 200, JSON_HEADERS, '{"message":"hi"}'],
  ['a number is JSON', 7, 200, JSON_HEADERS, '7'],
  ['nothing is null', undefined, 200, JSON_HEADERS, 'null'],
  [
    'an answer with cookies',
    { statusCode: 201, headers: { 'My-Custom-Header': 'v' }, cookies: ['a=1', 'b=2'], body: 'x' },
    201,
    [
      ['my-custom-header', 'v'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['content-type', 'text/plain; charset=utf-8'],
    ],
    'x',
  ],
  [
    'headers of format 1.0',
    { statusCode: 200, headers: { a: '1' }, multiValueHeaders: { A: ['2', '3'] } },
    200,
    [
      ['a', '2'],
      ['a', '3'],
    ],
    null,
  ],
  ['a status alone', { statusCode: '204' }, 204, [], null],
  [
    'bytes',
    { statusCode: 200, headers: { 'Content-Type': 'image/png' }, body: 'AQI=', isBase64Encoded: true },
    200,
    [['content-type', 'image/png']],
    Buffer.from([1, 2]),
  ],
  [
    'the connection’s own headers do not pass',
    { statusCode: 200, headers: { Connection: 'x', 'Content-Length': '3', 'X-Catnap-Not-Started': 'true', b: 1 } },
    200,
    [['b', '1']],
    null,
  ],
];
for (const [what, result, status, headers, body] of RESULTS) {
  test(`a result: ${what}`, () => {
    assert.deepEqual(replyOfLambda(result), { status, statusText: '', headers, body });
  });
}

test('a result that is no answer says why', () => {
  assert.throws(() => replyOfLambda({ statusCode: 'ok' }), /statusCode "ok"/);
  assert.throws(() => replyOfLambda({ statusCode: 200, body: {} }), /body that is no string.*JSON\.stringify/);
});
