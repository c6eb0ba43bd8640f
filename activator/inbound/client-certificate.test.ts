import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { FORGER, FRONTEND } from '#platform/testing/client-certificates.ts';
import { subjectNames } from './client-certificate.ts';

const namesIn = (pem: string) => subjectNames(new X509Certificate(pem).subjectAltName ?? '');

test('the names of a certificate are read, those of hosts in lower case', () => {
  assert.deepEqual(namesIn(FRONTEND), {
    dnsNames: ['frontend.shop.example'],
    uris: ['spiffe://shop.example/frontend'],
  });
});

test('a name that has another within it is one name', () => {
  assert.deepEqual(namesIn(FORGER), {
    dnsNames: ['other.example, dns:frontend.shop.example'],
    uris: ['spiffe://other.example/x, URI:spiffe://shop.example/frontend'],
  });
});

test('names of other kinds are passed over, escapes are undone', () => {
  const text = String.raw`DirName:"CN = a\u002c DNS:b", IP Address:192.0.2.1, othername:<unsupported>, DNS:a.example, URI:"urn:\"x\u0000"`;
  assert.deepEqual(subjectNames(text), { dnsNames: ['a.example'], uris: ['urn:"x\0'] });
  assert.deepEqual(subjectNames(''), { dnsNames: [], uris: [] });
});

test('where it is not sure what the names are, there are none', () => {
  for (const text of [
    'DNS:a"b',
    'DNS:"a',
    'DNS:"a"b',
    'DNS:a,DNS:b',
    'DNS:a, b',
    'a',
    ', DNS:a',
    String.raw`URI:"\x41"`,
    'DNS:"a\nb"',
    `DNS:${'a'.repeat(20_000)}`,
  ])
    assert.equal(subjectNames(text), undefined, text.slice(0, 40));
});
