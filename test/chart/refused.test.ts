/** What the chart takes for its values, and what it refuses, with the place or in words. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { CATNAP_CHART, renderChart } from '../../local/chart/render.ts';
import { install, type Loose, variable } from './rendered.ts';

test('a mistyped key is refused, with its place', () => {
  assert.throws(() => install({ activator: { replica: 3 } }), /- activator\.replica: there is no such value/);
  assert.throws(() => install({ service: { type: 'Loadbalancer' } }), /- service\.type: .*"LoadBalancer"/);
  assert.throws(() => install({ domian: 'x' }), /- domian: there is no such value/);
  assert.throws(() => install({ tls: { secretName: 7 } }), /- tls\.secretName: must be string/);
});

test('an address that all users may read takes no password', () => {
  assert.throws(
    () => install({ logs: { loki: { url: 'https://me:secret@loki.example.org' } } }),
    /- logs\.loki\.url: /,
  );
  install({ logs: { loki: { url: 'https://loki.example.org/prefix' } } });
});

test('a number with a fraction may be text, as helm --set gives it, within the same range', () => {
  const RANGES = [
    { path: 'activator.accessLog', takes: ['0', '0.25', '1'], not: ['1.5', '-0.1', '2', 'x', '', '.5.'] },
    {
      path: 'activator.drainQuietSeconds',
      takes: ['0', '0.5', '7.25', '59.9', '60'],
      not: ['60.5', '-1', '100', '1e1'],
    },
    {
      path: 'operator.scrapeSeconds',
      takes: ['0.5', '0.05', '1', '90.5', '3600'],
      not: ['0', '0.0', '3600.5', '9999'],
    },
  ];
  for (const { path, takes, not } of RANGES) {
    const [part = '', name = ''] = path.split('.');
    const given = (value: unknown) => () => install({ [part]: { [name]: value } });
    for (const text of takes) {
      assert.deepEqual(given(text)(), given(Number(text))(), `${path}=${text}`);
    }
    for (const text of not) assert.throws(given(text), new RegExp(`- ${path}: must match pattern`), text);
  }
});

test('every value that may have a fraction may be text too', () => {
  const schema = JSON.parse(readFileSync(join(CATNAP_CHART, 'values.schema.json'), 'utf8'));
  const wrong = new Set<string>();
  const look = (node: Loose, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const types = [node.type].flat();
    if (types.includes('number') && !(types.includes('string') && 'pattern' in node)) wrong.add(path);
    for (const [key, below] of Object.entries(node)) look(below, `${path}.${key}`);
  };
  look(schema, '');
  assert.deepEqual([...wrong], []);
});

test('a peer that no NetworkPolicy takes is refused, with its place', () => {
  const from = (peer: object) => () => install({ networkPolicy: { metricsFrom: [peer] } });
  assert.doesNotThrow(from({ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.1/32'] } }));
  assert.throws(
    from({ namespaceSelecter: {} }),
    /- networkPolicy\.metricsFrom\.0\.namespaceSelecter: there is no such/,
  );
  assert.throws(from({}), /- networkPolicy\.metricsFrom\.0: must NOT have fewer than 1 prop/);
  assert.throws(
    from({ podSelector: {}, ipBlock: { cidr: '192.0.2.0/24' } }),
    /metricsFrom\.0: must NOT have more than 1/,
  );
  assert.throws(from({ ipBlock: { cidr: '192.0.2' } }), /metricsFrom\.0\.ipBlock\.cidr: must match pattern/);
});

test('every default is explained in the schema, and the schema knows no other value', () => {
  const schema = JSON.parse(readFileSync(join(CATNAP_CHART, 'values.schema.json'), 'utf8'));
  const defaults = parse(readFileSync(join(CATNAP_CHART, 'values.yaml'), 'utf8'));
  const resolve = (node: Loose) => (node.$ref === undefined ? node : schema.definitions[node.$ref.split('/').pop()]);
  function compare(node: Loose, values: Loose, path: string): void {
    const { properties } = resolve(node);
    const optional = path === '' ? ['global'] : path.endsWith('.resources') ? ['claims'] : [];
    const known = Object.keys(properties).filter((key) => !optional.includes(key));
    assert.deepEqual(known.toSorted(), Object.keys(values).toSorted(), path);
    for (const key of known) {
      const below = resolve(properties[key]);
      assert.ok(below.description, `${path}.${key}`);
      if (below.properties !== undefined) compare(below, values[key], `${path}.${key}`);
    }
  }
  compare(schema, defaults, '');
});

test('authorities of clients without TLS, or from two places, are refused', () => {
  const secretName = 'fn-tls';
  assert.throws(() => install({ tls: { clientCa: { secretName: 'clients' } } }), /tls\.clientCa needs tls\.secretName/);
  assert.throws(
    () => install({ tls: { secretName, clientCa: { secretName: 'clients', configMapName: 'clients' } } }),
    /give one of tls\.clientCa\.secretName and tls\.clientCa\.configMapName/,
  );
});

test('an Ingress without trusted proxies is refused, in words', () => {
  const ingress = { enabled: true };
  assert.throws(() => install({ ingress }), /ingress\.enabled needs activator\.trustedProxies: .*10\.42\.0\.0\/16/);
  const objects = install({ ingress, activator: { trustedProxies: ['10.42.0.0/16', 'fd00::/8'] } });
  assert.equal(variable(objects, '-activator', 'CATNAP_TRUSTED_PROXIES'), '10.42.0.0/16,fd00::/8');
  assert.equal(variable(install(), '-activator', 'CATNAP_TRUSTED_PROXIES'), undefined);
  assert.throws(
    () => install({ activator: { trustedProxies: ['proxy.example'] } }),
    /activator\.trustedProxies\.0: must match pattern/,
  );
});

test('an install that another one’s operator would fight is refused', () => {
  const labels = { 'app.kubernetes.io/name': 'catnap', 'app.kubernetes.io/component': 'operator' };
  const lookup = (release: string) => () => ({
    items: [
      { metadata: { name: 'system:node' } },
      {
        metadata: {
          name: 'catnap-operator',
          labels,
          annotations: { 'meta.helm.sh/release-name': release, 'meta.helm.sh/release-namespace': 'catnap-system' },
        },
      },
    ],
  });
  const options = { release: 'catnap', namespace: 'catnap-system' };
  assert.throws(
    () => renderChart({ ...options, lookup: lookup('other') }),
    /has Catnap already: release other in namespace catnap-system/,
  );
  assert.ok(renderChart({ ...options, lookup: lookup('catnap') }).length > 0);
  assert.ok(renderChart({ ...options, values: { namespaces: ['a'] }, lookup: lookup('other') }).length > 0);
});

test('a cluster that is too old is refused', () => {
  assert.throws(
    () => renderChart({ release: 'c', namespace: 'n', kubeVersion: '1.32.9' }),
    /takes Kubernetes >=1\.33\.0-0/,
  );
});
