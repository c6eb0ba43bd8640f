import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELDS_MAX } from '../inbound/validate-request.ts';
import { aDelivery } from '../testing/test-dispatcher.ts';
import { deliverable, deliveryFields } from './stored-request.ts';

const HOST = ['host', 'hello.default.fn.example'];
const of = (stored: object, body = '') => {
  const { head, request } = aDelivery({}, { headers: HOST, ...stored });
  return deliverable({ head, request, body: Buffer.from(body) });
};
const fields = (headers: string[], body = '') => {
  const request = of({ headers: [...HOST, ...headers] }, body);
  if ('code' in request) throw new Error(request.message);
  return request.headers.headers.slice(2);
};
const whyNot = (stored: object) => {
  const request = of(stored);
  return 'code' in request ? request.code : undefined;
};

test('what a gateway would have sent goes to the replica as it was stored', () => {
  const headers = ['X-One', '1', 'x-one', '2', 'X-Forwarded-For', '192.0.2.7', 'x-forwarded-proto', 'https'];
  headers.push('forwarded', 'for=192.0.2.7', 'x-catnap-caller-name', 'anna', 'Idempotency-Key', 'k', 'x-text', 'ä');
  assert.deepEqual(fields(headers), headers);
});

test('what frames it, belongs to a connection, or is Catnap’s to say is said anew', () => {
  const stale = [
    'Content-Length',
    '7',
    'Transfer-Encoding',
    'chunked',
    'Connection',
    'close',
    'Expect',
    '100-continue',
  ];
  stale.push(
    'Upgrade',
    'h2c',
    'TE',
    'trailers',
    'X-Request-Id',
    'other',
    'Catnap-Invocation-Id',
    'x',
    'Keep-Alive',
    '1',
  );
  stale.push(
    'catnap_attempt',
    '9',
    'x-catnap-timeout-ms',
    '1',
    'X-Catnap-Error-Detail',
    'true',
    'x-catnap-wait-ms',
    '1',
  );
  stale.push('x_catnap_caller_name', 'root', 'x_forwarded_for', '1.1.1.1', 'X_Real_IP', '1.1.1.1', 'x-catnap-', '1');
  assert.deepEqual(fields(stale, 'body'), ['content-length', '4']);
});

test('an empty body has a length where one was said', () => {
  assert.deepEqual(fields(['content-length', '0']), ['content-length', '0']);
  assert.deepEqual(fields([]), []);
});

test('what is no request, or could be read as another one, is not sent', () => {
  const bad: [string, object][] = [
    ['a line within a value', { headers: [...HOST, 'x', 'a\r\nb: c'] }],
    ['a line within a name', { headers: [...HOST, 'x\r\ny', 'a'] }],
    ['a blank in a name', { headers: [...HOST, 'content-length ', '5'] }],
    ['an empty name', { headers: [...HOST, '', 'a'] }],
    ['a value beyond latin1', { headers: [...HOST, 'x', '€'] }],
    ['NUL', { headers: [...HOST, 'x', 'a\0'] }],
    ['no host', { headers: [] }],
    ['two hosts', { headers: [...HOST, 'Host', 'other'] }],
    ['a host that is none', { headers: ['host', 'a b'] }],
    ['an endless head', { headers: [...HOST, 'x', 'y'.repeat(140_000)] }],
    ['a path that is none', { path: 'job' }],
    ['an address', { path: 'http://other/' }],
    ['a blank in the path', { path: '/a b' }],
    ['a line in the path', { path: '/ HTTP/1.1\r\nx: y' }],
    ['a fragment', { path: '/a#b' }],
    ['a path of the runtime', { path: '/.catnap/ready' }],
    ['one in disguise', { path: '/x/..//%2ecatnap/ready' }],
    ['an id with blanks', { requestId: 'a b' }],
    ['an id with lines', { requestId: 'a\r\nb: c' }],
  ];
  for (const [what, stored] of bad) assert.equal(whyNot(stored), 'BadRequest', what);
  for (const method of ['CONNECT', 'TRACE', 'get', 'GET /x', '']) {
    assert.equal(whyNot({ method }), 'MethodNotAllowed', method);
  }
});

test('as many fields as a client may send, and those of the gateway, are not too many', () => {
  const many = Array.from({ length: FIELDS_MAX + 10 }, (_, i) => [`x-${i}`, '1']).flat();
  assert.equal(fields(many).length, many.length);
});

test('the client is the one that the stored fields name', () => {
  const clientOf = (headers: string[]) => {
    const request = of({ headers: [...HOST, ...headers] });
    return 'code' in request ? request : [request.headers.clientAddress, request.headers.clientProtocol];
  };
  assert.deepEqual(clientOf(['x-forwarded-for', '192.0.2.7', 'x-forwarded-proto', 'https']), ['192.0.2.7', 'https']);
  assert.deepEqual(clientOf(['x-forwarded-for', '192.0.2.7, 10.0.0.1', 'x-real-ip', '192.0.2.7']), [
    '192.0.2.7',
    'http',
  ]);
  assert.deepEqual(clientOf([]), ['unknown', 'http']);
});

test('a replica is told which invocation it is, which attempt, and how long it may take', () => {
  const { head, request } = aDelivery({ attempt: 2, timeoutMs: 5 });
  assert.deepEqual(deliveryFields({ head, request, body: Buffer.alloc(0) }), [
    ...['x-request-id', 'req-1', 'catnap-invocation-id', head.id],
    ...['catnap-attempt', '2', 'x-catnap-timeout-ms', '5'],
  ]);
});
