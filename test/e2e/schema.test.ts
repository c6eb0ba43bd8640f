import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '#platform/kube/error.ts';
import { HELLO, type Manifest, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();

test('defaults are filled in by the API server', async () => {
  await using world = await system.world();
  await world.apply({ ...manifest(world.namespace, 'plain', HELLO), spec: { source: { inline: HELLO } } });
  const { source, ...spec } = (await world.get('plain')).spec;
  assert.deepEqual(spec, {
    handler: 'default',
    signature: 'auto',
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    timeoutSeconds: 60,
    timeouts: { firstByteSeconds: 0, idleSeconds: 0 },
    concurrency: { target: 20, limit: 0 },
    queue: { size: 1000, maxBytes: '64Mi', timeoutSeconds: 30 },
    scaling: { minReplicas: 0, maxReplicas: 100, idleSeconds: 60, stableWindowSeconds: 60, tryOnChange: true },
  });
});

test('what may be stored of requests and answers is taken up to its limits, in whatever unit', async () => {
  await using world = await system.world();
  for (const [maxBodyBytes, maxBytes] of [
    ['8Mi', '1Mi'],
    [8_388_608, 1_048_576],
    ['8192Ki', '0.5M'],
    [0, '0'],
  ]) {
    const async = { maxBodyBytes, result: { maxBytes } };
    await world.apply({ ...manifest(world.namespace, 'later', HELLO), spec: { source: { inline: HELLO }, async } });
  }
});

test('of the variables that Catnap sets, those of the log may be set', async () => {
  await using world = await system.world();
  const env = [
    { name: 'CATNAP_LOG_LEVEL', value: 'warn' },
    { name: 'CATNAP_LOG_FORMAT', value: 'json' },
  ];
  await world.apply({ ...manifest(world.namespace, 'logging', HELLO), spec: { source: { inline: HELLO }, env } });
});

const inline = { inline: HELLO };
const refused: [what: string, spec: object, message: RegExp, name?: string][] = [
  ['neither source nor image', {}, /give exactly one of spec\.source, spec\.image/],
  ['source and image', { source: inline, image: 'x' }, /give exactly one of spec\.source, spec\.image/],
  ['two kinds of source', { source: { ...inline, configMapRef: { name: 'x' } } }, /give exactly one of source\.inline/],
  ['an entry beside inline', { source: { ...inline, entry: 'index.ts' } }, /inline is one module/],
  ['an entry that is not there', { source: { files: { 'a.ts': '' }, entry: 'b.ts' } }, /not one of source\.files/],
  ['a signature of an image', { image: 'x', signature: 'http' }, /spec\.signature is of spec\.source/],
  ['a signature that there is not', { source: inline, signature: 'event' }, /signature/],
  ['a path that leads outside', { source: { files: { '../a.ts': '' } } }, /a path is letters/],
  [
    'files of more than 192 KiB',
    { source: { files: { 'a.ts': 'a'.repeat(100_000), 'b.ts': 'b'.repeat(100_000) } } },
    /at most 192 KiB/,
  ],
  ['a variable of ours', { source: inline, env: [{ name: 'CATNAP_X', value: '1' }] }, /set by Catnap/],
  [
    'two sources of a value',
    { source: inline, env: [{ name: 'A', valueFrom: {} }] },
    /give exactly one of configMapKeyRef/,
  ],
  [
    'fewer at most than at least',
    { source: inline, scaling: { minReplicas: 3, maxReplicas: 2 } },
    /minReplicas may not exceed maxReplicas/,
  ],
  ['a negative timeout', { source: inline, timeoutSeconds: -1 }, /spec\.timeoutSeconds.*greater than or equal to 0/],
  [
    'a first byte later than the end',
    { source: inline, timeoutSeconds: 5, timeouts: { firstByteSeconds: 6 } },
    /firstByteSeconds may not exceed timeoutSeconds/,
  ],
  ['a body size that is none', { source: inline, maxBodyBytes: '10 MB' }, /spec\.maxBodyBytes.*should match/],
  ['a negative body size', { source: inline, maxBodyBytes: -1 }, /spec\.maxBodyBytes.*greater than or equal to 0/],
  [
    'a negative amount',
    { source: inline, resources: { limits: { memory: -1 } } },
    /memory.*greater than or equal to 0/,
  ],
  ['another negative amount', { source: inline, resources: { requests: { cpu: '-1' } } }, /cpu.*should match/],
  [
    'a stored body of bytes over the limit',
    { source: inline, async: { maxBodyBytes: 8_388_609 } },
    /may not exceed 8Mi/,
  ],
  [
    'a larger stored body',
    { source: inline, async: { maxBodyBytes: '8.1Mi' } },
    /async\.maxBodyBytes.*may not exceed 8Mi/,
  ],
  [
    'a larger kept answer',
    { source: inline, async: { result: { maxBytes: '1G' } } },
    /result\.maxBytes.*may not exceed 1Mi/,
  ],
  [
    'a longer first wait than the longest',
    { source: inline, async: { retry: { minBackoffSeconds: 10, maxBackoffSeconds: 5 } } },
    /minBackoffSeconds may not exceed/,
  ],
  ['root that is none', { image: 'x', securityContext: { runAsNonRoot: true, runAsUser: 0 } }, /runAsUser 0 is root/],
  ['a capability of the node', { image: 'x', securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }, /SYS_ADMIN/],
  ['half a byte', { source: inline, queue: { maxBytes: '500m' } }, /spec\.queue\.maxBytes.*should match/],
  ['an empty list of those who may ask', { source: inline, allowFrom: [] }, /allowFrom.*at least 1 item/],
  ['an empty list of ways in', { source: inline, access: [] }, /access.*at least 1 item/],
  [
    'a way in that is none',
    { source: inline, access: [{}] },
    /give exactly one of public, apiKeys, jwt, serviceAccounts, clientCertificate/,
  ],
  [
    'a way in that is two',
    { source: inline, access: [{ public: ['/a'], apiKeys: [{ name: 'ci', sha256: '0'.repeat(64) }] }] },
    /give exactly one of public, apiKeys, jwt, serviceAccounts, clientCertificate/,
  ],
  ['a header without keys', { source: inline, access: [{ public: ['/a'], header: 'X-Key' }] }, /header is of apiKeys/],
  [
    'a key in place of its digest',
    { source: inline, access: [{ apiKeys: [{ name: 'ci', sha256: 'x'.repeat(64) }] }] },
    /sha256.*should match/,
  ],
  [
    'an issuer by another scheme',
    { source: inline, access: [{ jwt: { issuer: 'ftp://a.example', audiences: ['a'] } }] },
    /issuer.*should match/,
  ],
  [
    'an issuer with a query',
    { source: inline, access: [{ jwt: { issuer: 'https://a.example?x', audiences: ['a'] } }] },
    /issuer.*should match/,
  ],
  ['tokens for all', { source: inline, access: [{ jwt: { issuer: 'https://a.example' } }] }, /audiences.*[Rr]equired/],
  [
    'tokens for nobody',
    { source: inline, access: [{ jwt: { issuer: 'https://a.example', audiences: [] } }] },
    /audiences.*at least 1 item/,
  ],
  [
    'service accounts for any audience',
    { source: inline, access: [{ serviceAccounts: [{ namespace: 'a', name: 'b' }] }] },
    /serviceAccounts need audiences/,
  ],
  [
    'certificates without names',
    { source: inline, access: [{ clientCertificate: {} }] },
    /give dnsNames, uris or both/,
  ],
  [
    'certificates of all below a name',
    { source: inline, access: [{ clientCertificate: { dnsNames: ['*.a.example'] } }] },
    /dnsNames.*should match/,
  ],
  [
    'a name in place of a URI',
    { source: inline, access: [{ clientCertificate: { uris: ['a.example'] } }] },
    /uris.*should match/,
  ],
  ['an encoded prefix', { source: inline, access: [{ public: ['/%2e'] }] }, /public.*should match/],
  [
    'credentials for all origins',
    { source: inline, cors: { origins: ['*'], credentials: true } },
    /credentials need named origins/,
  ],
  ['an origin with a path', { source: inline, cors: { origins: ['https://a.example/'] } }, /origins.*should match/],
  ['all below a top-level domain', { source: inline, cors: { origins: ['https://*.com'] } }, /origins.*should match/],
  ['a network that is none', { source: inline, denyFrom: ['10.0.0.0/33'] }, /denyFrom.*should match/],
  ['a host in place of a network', { source: inline, allowFrom: ['example.org'] }, /allowFrom.*should match/],
  ['a limit of nothing', { source: inline, rateLimits: [{ requests: 0, seconds: 1 }] }, /requests.*greater than/],
  ['a limit without its time', { source: inline, rateLimits: [{ requests: 1 }] }, /seconds: Required/],
  [
    'a limit by header that names none',
    { source: inline, rateLimits: [{ requests: 1, seconds: 1, by: 'Header' }] },
    /header is given with by: Header/,
  ],
  [
    'two limits of one name',
    { source: inline, rateLimits: Array(2).fill({ name: 'a', requests: 1, seconds: 1 }) },
    /each limit has a name of its own/,
  ],
  ['nine limits', { source: inline, rateLimits: Array(9).fill({ requests: 1, seconds: 1 }) }, /rateLimits.*at most 8/],
  ['a name that is too long', { source: inline }, /DNS label of at most 54 characters/, 'f'.repeat(55)],
  ['a name with a dot', { source: inline }, /DNS label of at most 54 characters/, 'a.b'],
];
for (const [what, spec, message, name] of refused) {
  test(`the API server refuses ${what}`, async () => {
    await using world = await system.world();
    const wrong = { ...manifest(world.namespace, name ?? 'wrong', HELLO), spec } as Manifest;
    await assert.rejects(
      world.apply(wrong),
      (error) => error instanceof KubeError && error.status === 422 && message.test(error.message),
    );
  });
}
