/** What the chart takes for its values, and what it refuses, with the place or in words. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { CATNAP_CHART, type RenderOptions, renderChart } from '../../local/chart/render.ts';
import type { Lookup } from '../../local/chart/template-functions.ts';
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

const storageClass = (name: string, annotations?: object) => ({
  metadata: { name, ...(annotations && { annotations }) },
});

/** The chart in a cluster that has these classes, and perhaps a claim; what is looked up is noted. */
function inCluster(classes: object[], options: Partial<RenderOptions> & { claim?: boolean } = {}) {
  const asked: string[] = [];
  const lookup: Lookup = (_version, kind, _namespace, name) => {
    asked.push(kind);
    if (kind === 'PersistentVolumeClaim') return options.claim === true ? { metadata: { name } } : {};
    return { items: kind === 'StorageClass' ? classes : [] };
  };
  const { claim: _claim, ...rest } = options;
  const render = () => renderChart({ release: 'catnap', namespace: 'catnap-system', lookup, ...rest });
  return { asked, render };
}

test('without a default StorageClass an install and an upgrade are refused, with the ways out', () => {
  const none = inCluster([storageClass('fast'), storageClass('slow', { other: 'true' })]);
  assert.throws(
    none.render,
    /no default StorageClass.*storage\.class to one of this cluster's StorageClasses: fast, slow, or/,
  );
  assert.throws(none.render, /storage\.existingClaim to a PersistentVolumeClaim in the namespace catnap-system/);
  assert.throws(none.render, /dispatcher\.enabled=false/);
  assert.throws(inCluster([storageClass('fast')], { upgrade: true }).render, /no default StorageClass/);
  assert.throws(inCluster([]).render, /\(this cluster has none yet\)/);
  const [ga, beta] = ['storageclass.kubernetes.io', 'storageclass.beta.kubernetes.io'];
  for (const group of [ga, beta]) {
    const chosen = storageClass('slow', { [`${group}/is-default-class`]: 'true' });
    assert.ok(inCluster([storageClass('fast'), chosen]).render().length > 0);
  }
  assert.throws(inCluster([storageClass('was', { [`${ga}/is-default-class`]: 'false' })]).render);
});

test('what decides by itself asks for no StorageClass, which not everybody may list', () => {
  const ways: Partial<RenderOptions>[] = [
    { values: { dispatcher: { storage: { class: 'fast' } } } },
    { values: { dispatcher: { storage: { existingClaim: 'work' } } } },
    { values: { dispatcher: { enabled: false } } },
    { values: { namespaces: ['shop'] } },
  ];
  for (const way of [...ways, { claim: true }]) {
    const { asked, render } = inCluster([], way);
    assert.ok(render().length > 0);
    assert.ok(!asked.includes('StorageClass'), JSON.stringify(way));
  }
});

test('a cluster that is too old is refused', () => {
  assert.throws(
    () => renderChart({ release: 'c', namespace: 'n', kubeVersion: '1.32.9' }),
    /takes Kubernetes >=1\.33\.0-0/,
  );
});
