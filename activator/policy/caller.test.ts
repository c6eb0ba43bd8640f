import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerHeaders } from './caller.ts';

test('a caller travels in headers that any name and claim fits in', () => {
  const name = 'Jürgen\r\nX-Evil: 1 100%/a|b \ud800';
  const headers = callerHeaders({
    way: 'jwt',
    name,
    issuer: 'https://id.example/',
    claims: { sub: 'ü', groups: ['a'] },
  });
  assert.deepEqual(headers.slice(0, 6), [
    ...['x-catnap-caller-way', 'jwt', 'x-catnap-caller-name'],
    'J%C3%BCrgen%0D%0AX-Evil:%201%20100%25/a|b%20%EF%BF%BD',
    ...['x-catnap-caller-issuer', 'https://id.example/'],
  ]);
  assert.equal(decodeURIComponent(headers[3] ?? ''), name.toWellFormed());
  const claims = JSON.parse(Buffer.from(headers[7] ?? '', 'base64url').toString());
  assert.deepEqual(claims, { sub: 'ü', groups: ['a'] });
});
