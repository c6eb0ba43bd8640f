import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { Authenticator } from './authenticator.ts';
import { selfSigned } from './certificate.ts';
import { impersonationOf } from './impersonation.ts';
import { newSigningKey, TokenSigner } from './json-web-token.ts';
import { ANONYMOUS, parseTokens } from './users.ts';

const FILE = `# who may call
secret-1,operator,uid-1,"writers,readers"

secret-2,activator
`;

const authenticator = new Authenticator(parseTokens(FILE), { userOf: () => undefined });

test('knows a caller by his token', () => {
  const operator = { name: 'operator', uid: 'uid-1', groups: ['writers', 'readers', 'system:authenticated'] };
  assert.deepEqual(authenticator.authenticate('Bearer secret-1'), operator);
  assert.equal(authenticator.authenticate('bearer secret-2').name, 'activator');
});

test('refuses a token that is none', () => {
  for (const header of ['Bearer other', 'Bearer # who may call']) {
    assert.throws(() => authenticator.authenticate(header), { code: 401 });
  }
});

test('takes one without a token for nobody in particular', () => {
  for (const header of [undefined, '', 'Bearer', 'Basic secret-1']) {
    assert.equal(authenticator.authenticate(header), ANONYMOUS);
  }
});

test('a signer reads what it signed, and nothing else', () => {
  const signer = new TokenSigner(newSigningKey());
  const token = signer.sign({ sub: 'me' });
  assert.deepEqual(signer.read(token), { sub: 'me' });
  const [header, , signature] = token.split('.');
  const other = Buffer.from('{"sub":"you"}').toString('base64url');
  assert.equal(signer.read(`${header}.${other}.${signature}`), undefined);
  assert.equal(new TokenSigner(newSigningKey()).read(token), undefined);
  assert.equal(signer.read('no.token'), undefined);
});

test('who asks as a service account is in its groups, and needs to be allowed to', () => {
  const impersonation = impersonationOf({ 'impersonate-user': ['system:serviceaccount:a:b'] });
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'];
  assert.deepEqual(impersonation?.user.groups, groups);
  assert.deepEqual(
    impersonation?.needs.map(({ verb, resource, namespace, name }) => [verb, resource, namespace, name]),
    [['impersonate', 'serviceaccounts', 'a', 'b']],
  );
});

test('nobody asks as a group alone', () => {
  assert.throws(() => impersonationOf({ 'impersonate-group': ['g'] }), { code: 400 });
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
