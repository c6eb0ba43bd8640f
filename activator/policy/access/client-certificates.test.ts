import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFault } from '#api/rules/access-fault.ts';
import type { ClientCertificate, RequestFacts } from '../policy.ts';
import { clientCertificates } from './client-certificates.ts';

const LISTED = { dnsNames: ['Front.example'], uris: ['spiffe://a/Front'] };
const SHOWN: ClientCertificate = { dnsNames: [], uris: [], subject: 'CN=front', validToMs: 1_000 };

function judge(shown: Partial<ClientCertificate> | string | undefined, { nowMs = 0, listed = LISTED as object } = {}) {
  const certificate = typeof shown === 'object' ? { ...SHOWN, ...shown } : shown;
  const judged = clientCertificates(listed, () => nowMs).judge({ certificate } as RequestFacts);
  assert.ok(!(judged instanceof Promise));
  return judged;
}
const outcome = (...given: Parameters<typeof judge>) => {
  const judged = judge(...given);
  return 'denied' in judged ? judged.denied : judged.caller?.name;
};

test('one of the names suffices, that of a host in any case, a URI to the letter; the caller is called by it', () => {
  assert.equal(outcome({ dnsNames: ['x.example', 'front.example'] }), 'front.example');
  assert.equal(outcome({ uris: ['spiffe://a/Front'] }), 'spiffe://a/Front');
  assert.equal(outcome({ uris: ['spiffe://a/front'] }), 'forbidden');
  assert.equal(outcome({ uris: ['spiffe://a/Front/x'] }), 'forbidden');
});

test('names of the one kind are not taken for the other, nor is the subject for a name', () => {
  assert.equal(outcome({ dnsNames: ['spiffe://a/front'], uris: ['front.example'] }), 'forbidden');
  assert.equal(outcome({ subject: 'front.example' }), 'forbidden');
  assert.equal(outcome({ dnsNames: ['front.example'] }, { listed: { uris: ['front.example:x'] } }), 'forbidden');
});

test('* and parts of a name let nobody in', () => {
  for (const name of [
    '*.example',
    '*',
    '',
    'example',
    'a.front.example',
    'front.example.',
    'front.example\0.evil',
    '__proto__',
  ])
    assert.equal(outcome({ dnsNames: [name] }), 'forbidden', name);
});

test('who is known and may not is told of by a name of bounded length', () => {
  const judged = judge({ dnsNames: ['b.example'], uris: [`spiffe://${'x'.repeat(5_000)}`] });
  assert.ok('denied' in judged && judged.caller?.name.length === 256);
  const nameless = judge({});
  assert.ok('denied' in nameless && nameless.caller?.name === 'CN=front');
});

test('without a certificate, with one that is not good and with one that has expired meanwhile it is 401, without a challenge', () => {
  for (const judged of [
    judge(undefined),
    judge('CERT_HAS_EXPIRED'),
    judge({ dnsNames: ['front.example'] }, { nowMs: 1_001 }),
    judge({ dnsNames: ['front.example'], validToMs: Number.NaN }),
  ]) {
    assert.ok('denied' in judged && judged.denied !== 'forbidden', JSON.stringify(judged));
    assert.equal(judged.challenge, undefined);
  }
  assert.equal(outcome({ dnsNames: ['front.example'] }, { nowMs: 1_000 }), 'front.example');
});

test('what is no list of names is a fault, whatever schema it came by', () => {
  const fault = (clientCertificate: unknown) =>
    accessFault([{ clientCertificate }] as Parameters<typeof accessFault>[0]);
  assert.equal(fault(LISTED), undefined);
  assert.equal(fault({ uris: ['urn:x'] }), undefined);
  for (const wrong of [
    {},
    { dnsNames: [] },
    { dnsNames: 'front.example' },
    { dnsNames: ['*.example'] },
    { dnsNames: ['a..b'] },
    { dnsNames: [7] },
    { dnsNames: ['a.example'], uris: ['no uri'] },
    { uris: ['a.example'] },
    { uris: {} },
  ])
    assert.match(String(fault(wrong)), /^spec\.access\[0\]\.clientCertificate/, JSON.stringify(wrong));
});
