import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PolicySpec, policyFault } from './policy-fault.ts';

const DIGEST = 'a'.repeat(64);
const key = (more: object = {}) => ({ name: 'ci', sha256: DIGEST, ...more });

test('what means something has no fault', () => {
  const good: PolicySpec[] = [
    {},
    { httpsOnly: true, allowFrom: ['10.0.0.0/8'], denyFrom: [] },
    {
      access: [
        { public: ['/', '/a.b/..c'] },
        { apiKeys: [key({ expires: '2030-01-01T00:00:00.5+02:00' })], header: 'X-Key' },
      ],
    },
  ];
  for (const spec of good) assert.equal(policyFault(spec), undefined, JSON.stringify(spec));
});

test('what means nothing is told with its place in the spec', () => {
  const wrong: [PolicySpec, RegExp][] = [
    [{ allowFrom: ['10.0.0.0/8', 'x'] }, /^spec\.allowFrom\[1\]: "x" is neither/],
    [{ denyFrom: ['1::2::3'] }, /^spec\.denyFrom\[0\]/],
    [{ access: [{}] }, /^spec\.access\[0\]: give exactly one of/],
    [{ access: [{ public: ['/a'] }, { public: ['/b'], apiKeys: [key()] }] }, /^spec\.access\[1\]: give exactly one/],
    [{ access: [{ later: [] } as never] }, /^spec\.access\[0\]: give exactly one/],
    [{ access: [{ public: ['/a', '/a/../b'] }] }, /^spec\.access\[0\]\.public\[1\]/],
    [
      { access: [{ apiKeys: [key({ expires: '2030-02-31' })] }] },
      /^spec\.access\[0\]\.apiKeys\[0\]\.expires: "2030-02-31"/,
    ],
    [{ access: [{ apiKeys: [key({ expires: '2030-13-01T00:00:00Z' })] }] }, /expires/],
    [
      { access: [{ apiKeys: [key(), key({ name: 'other' })] }] },
      /^spec\.access\[0\]\.apiKeys\[1\]\.sha256: another key/,
    ],
  ];
  for (const [spec, fault] of wrong) assert.match(policyFault(spec) ?? 'none', fault, JSON.stringify(spec));
});

test('a key is in a header that has no other use', () => {
  const fault = (header: string) => policyFault({ access: [{ apiKeys: [key()], header }] });
  for (const header of [
    'Authorization',
    'COOKIE',
    'Host',
    'X_Forwarded_For',
    'x-catnap-key',
    'Content-Type',
    'Sec-Fetch-Mode',
  ])
    assert.match(fault(header) ?? 'none', /has another use/, header);
  for (const header of ['X-Api-Key', 'Api-Key', 'X-Functions-Key', 'apikey'])
    assert.equal(fault(header), undefined, header);
});
