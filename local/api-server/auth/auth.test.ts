import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { selfSigned } from './certificate.ts';
import { parseTokens, userOf } from './users.ts';

const FILE = `# who may call
secret-1,operator,uid-1,"writers,readers"

secret-2,activator
`;

test('knows a caller by his token', () => {
  const tokens = parseTokens(FILE);
  const operator = { name: 'operator', uid: 'uid-1', groups: ['writers', 'readers', 'system:authenticated'] };
  assert.deepEqual(userOf(tokens, 'Bearer secret-1'), operator);
  assert.equal(userOf(tokens, 'bearer secret-2').name, 'activator');
});

test('lets nobody else in', () => {
  const tokens = parseTokens(FILE);
  for (const header of [undefined, '', 'Bearer', 'Bearer other', 'Basic secret-1', 'Bearer # who may call']) {
    assert.throws(() => userOf(tokens, header), { code: 401 });
  }
});

test('says which entry of the file makes no sense', () => {
  assert.throws(() => parseTokens('secret-1,operator\nonly-a-token'), /entry 2: expected token,name,uid/);
});

test('makes a certificate for the addresses it is asked for', () => {
  const nowMs = Date.parse('2026-06-01T00:00:00Z');
  const certificate = new X509Certificate(selfSigned(['127.0.0.1', '10.1.2.3'], nowMs).cert);
  assert.equal(certificate.checkIP('10.1.2.3'), '10.1.2.3');
  assert.equal(certificate.checkIP('10.1.2.4'), undefined);
  assert.equal(certificate.checkHost('localhost'), 'localhost');
  assert.equal(certificate.verify(certificate.publicKey), true);
  assert.ok(Date.parse(certificate.validFrom) < nowMs && Date.parse(certificate.validTo) > nowMs);
});
