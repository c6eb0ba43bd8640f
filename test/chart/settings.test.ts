/** What single values do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELIVERY_PORT_NAME, DISPATCHER_AUDIENCE, GATEWAY_AUDIENCE } from '#api/invocations.ts';
import { PEER_AUDIENCE } from '#api/names.ts';
import { renderChart } from '../../local/chart/render.ts';
import { inCase, install, type Loose, podsOf, the, variable } from './rendered.ts';

/** As in status.url, for a function `hello` in `default`. */
function urlOf(objects: readonly Loose[]): string {
  const port = variable(objects, '-operator', 'CATNAP_URL_PORT');
  const domain = variable(objects, '-operator', 'CATNAP_DOMAIN');
  return `${variable(objects, '-operator', 'CATNAP_URL_SCHEME')}://hello.default.${domain}${port === undefined ? '' : `:${port}`}`;
}

const URLS: [string, string][] = [
  ['the defaults', 'http://hello.default.localhost:8080'],
  ['TLS by port-forward', 'https://hello.default.localhost:8443'],
  ['a node port', 'http://hello.default.fn.example.org:30080'],
  ['a node port that the cluster picks', 'http://hello.default.localhost:31000'],
  ['TLS by node port', 'https://hello.default.localhost:30443'],
  ['a load balancer', 'http://hello.default.fn.example.org'],
  ['TLS at the gateway', 'https://hello.default.localhost'],
  ['an Ingress', 'http://hello.default.fn.example.org'],
  ['an Ingress with TLS', 'https://hello.default.fn.example.org'],
];
for (const [name, url] of URLS)
  test(`${name}: functions answer at ${url}`, () => assert.equal(urlOf(inCase(name)), url));

test('url goes before what follows from the rest', () => {
  const objects = install({ domain: 'fn.example.org', url: { scheme: 'https', port: 8443 } });
  assert.equal(urlOf(objects), 'https://hello.default.fn.example.org:8443');
});

test('operator and activator make hosts by the same template, and the operator is told whose hosts are whose', () => {
  const owners = [{ host: '*.example.com', namespaces: ['web'] }];
  const objects = install({ hostTemplate: '{name}-{namespace}.{domain}', hosts: { strict: true, owners } });
  for (const program of ['-operator', '-activator']) {
    assert.equal(variable(objects, program, 'CATNAP_HOST_TEMPLATE'), '{name}-{namespace}.{domain}');
  }
  assert.deepEqual(JSON.parse(variable(objects, '-operator', 'CATNAP_HOSTS') ?? ''), { strict: true, owners });
  assert.equal(variable(objects, '-operator', 'CATNAP_RELEASED_HOSTS'), 'catnap-released-hosts');
  assert.equal(variable(install(), '-operator', 'CATNAP_HOSTS'), undefined);
  for (const hostTemplate of ['{name}.{domain}', '{name}{namespace}.{domain}', '{name}.{namespace}']) {
    assert.throws(() => install({ hostTemplate }), /- hostTemplate: must match pattern/);
  }
  assert.throws(() => install({ hosts: { owners: [{ host: 'x.org' }] } }), /hosts\.owners\.0: .*namespaces/);
});

test('one registry goes before all images, a digest before tags', () => {
  const objects = inCase('a mirror and digests');
  const images = podsOf(objects).map(({ spec }) => spec.containers[0].image);
  assert.ok(images.every((image: string) => image.startsWith('mirror.example.org:5000/')));
  assert.match(
    the(objects, 'Deployment', '-operator').spec.template.spec.containers[0].image,
    /\/catnap\/operator@sha256:/,
  );
  assert.equal(variable(objects, '-operator', 'CATNAP_RUNTIME_IMAGE'), 'mirror.example.org:5000/catnap/runtime:1.2.3');
  assert.ok(podsOf(objects).every(({ spec }) => spec.imagePullSecrets[0].name === 'mirror'));
});

test('TLS mounts the Secret read-only and opens the port at activator and Service', () => {
  const objects = inCase('TLS at the gateway');
  const { spec } = the(objects, 'Deployment', '-activator').spec.template;
  const isTls = ({ name }: Loose) => name === 'tls';
  assert.deepEqual(spec.volumes.filter(isTls), [{ name: 'tls', secret: { secretName: 'fn-tls' } }]);
  assert.deepEqual(spec.containers[0].volumeMounts.filter(isTls), [
    { name: 'tls', mountPath: '/etc/catnap/tls', readOnly: true },
  ]);
  assert.equal(variable(objects, '-activator', 'CATNAP_TLS_CERT_FILE'), '/etc/catnap/tls/tls.crt');
  const ports = the(objects, 'Service', '-gateway').spec.ports.map((port: Loose) => [port.port, port.targetPort]);
  assert.deepEqual(ports, [
    [80, 'http'],
    [443, 'https'],
  ]);
});

test('authorities of clients come from a ConfigMap or a Secret, without what else is in it', () => {
  const items = [{ key: 'ca.crt', path: 'ca.crt' }];
  for (const [name, source] of [
    ['client certificates', { configMap: { name: 'clients', items } }],
    ['client certificates by a Secret', { secret: { secretName: 'clients', items } }],
  ] as const) {
    const objects = inCase(name);
    const { spec } = the(objects, 'Deployment', '-activator').spec.template;
    const isCa = (one: Loose) => one.name === 'client-ca';
    assert.deepEqual(spec.volumes.filter(isCa), [{ name: 'client-ca', ...source }]);
    assert.deepEqual(spec.containers[0].volumeMounts.filter(isCa), [
      { name: 'client-ca', mountPath: '/etc/catnap/client-ca', readOnly: true },
    ]);
    assert.equal(variable(objects, '-activator', 'CATNAP_TLS_CLIENT_CA_FILE'), '/etc/catnap/client-ca/ca.crt');
  }
  assert.equal(variable(inCase('TLS at the gateway'), '-activator', 'CATNAP_TLS_CLIENT_CA_FILE'), undefined);
});

test('activators know each other by a token that no other process takes', () => {
  const objects = inCase('the defaults');
  const { spec } = the(objects, 'Deployment', '-activator').spec.template;
  const token = { audience: PEER_AUDIENCE, expirationSeconds: 3600, path: 'token' };
  assert.deepEqual(spec.volumes[0], { name: 'peer-token', projected: { sources: [{ serviceAccountToken: token }] } });
  const [mount] = spec.containers[0].volumeMounts;
  assert.equal(variable(objects, '-activator', 'CATNAP_PEER_TOKEN_FILE'), `${mount.mountPath}/${token.path}`);
  const service = variable(objects, '-activator', 'CATNAP_ACTIVATOR_SERVICE');
  assert.equal(the(objects, 'Service', '-activator').metadata.name, service);
  assert.equal(variable(objects, '-activator', 'CATNAP_SYSTEM_NAMESPACE'), 'catnap-system');
});

test('activators and dispatcher know each other by tokens, each for the other alone, and by each other’s names', () => {
  for (const name of ['the defaults', 'another release name']) {
    const objects = inCase(name);
    const [activator, dispatcher] = ['-activator', '-dispatcher'].map((end) => the(objects, 'Deployment', end));
    const tokenOf = (deployment: Loose, volume: string, file: string) => {
      const { spec } = deployment.spec.template;
      const [source] = spec.volumes.find((one: Loose) => one.name === volume).projected.sources;
      const mount = spec.containers[0].volumeMounts.find((one: Loose) => one.name === volume);
      assert.equal(`${mount.mountPath}/${source.serviceAccountToken.path}`, file);
      return source.serviceAccountToken.audience;
    };
    const ofActivator = (variableName: string) => variable(objects, '-activator', variableName) ?? '';
    const ofDispatcher = (variableName: string) => variable(objects, '-dispatcher', variableName) ?? '';
    const subject = ({ metadata, spec }: Loose) =>
      `system:serviceaccount:${metadata.namespace}:${spec.template.spec.serviceAccountName}`;
    assert.equal(
      tokenOf(activator, 'dispatcher-token', ofActivator('CATNAP_DISPATCHER_TOKEN_FILE')),
      DISPATCHER_AUDIENCE,
    );
    assert.equal(tokenOf(dispatcher, 'gateway-token', ofDispatcher('CATNAP_GATEWAY_TOKEN_FILE')), GATEWAY_AUDIENCE);
    assert.equal(ofActivator('CATNAP_DISPATCHER_SUBJECT'), subject(dispatcher));
    assert.equal(ofDispatcher('CATNAP_ACTIVATOR_SUBJECT'), subject(activator));
    const { metadata, spec } = the(objects, 'Service', '-dispatcher');
    const url = `http://${metadata.name}.${metadata.namespace}.svc.cluster.local:${spec.ports[0].port}`;
    assert.equal(ofActivator('CATNAP_DISPATCHER_URL'), url);
    const service = the(objects, 'Service', '-activator');
    assert.equal(ofDispatcher('CATNAP_ACTIVATOR_SERVICE'), service.metadata.name);
    const delivered = service.spec.ports.find((port: Loose) => port.name === DELIVERY_PORT_NAME);
    assert.equal(String(delivered.port), ofActivator('CATNAP_DELIVERY_PORT'));
  }
  const without = inCase('no dispatcher');
  assert.deepEqual(
    without.filter(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === 'dispatcher'),
    [],
  );
  for (const name of ['CATNAP_DISPATCHER_URL', 'CATNAP_DELIVERY_PORT', 'CATNAP_DISPATCHER_SUBJECT']) {
    assert.equal(variable(without, '-activator', name), undefined);
  }
});

test('accepted work is on a volume for one pod, which an uninstall leaves, or on a claim that is named', () => {
  const claims = (name: string) => inCase(name).filter(({ kind }) => kind === 'PersistentVolumeClaim');
  const claimName = (name: string) =>
    the(inCase(name), 'Deployment', '-dispatcher').spec.template.spec.volumes[0].persistentVolumeClaim.claimName;
  const [claim] = claims('the defaults');
  assert.equal(claimName('the defaults'), claim.metadata.name);
  assert.equal(claim.metadata.annotations['helm.sh/resource-policy'], 'keep');
  assert.deepEqual(claim.spec, { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '1Gi' } } });
  const [chosen] = claims('a dispatcher with a class and bounds of its own');
  assert.deepEqual([chosen.spec.storageClassName, chosen.spec.resources.requests.storage], ['fast', '20Gi']);
  assert.deepEqual(claims('a dispatcher that is not for all'), []);
  assert.equal(claimName('a dispatcher that is not for all'), 'work');
  const { strategy, replicas } = the(inCase('the defaults'), 'Deployment', '-dispatcher').spec;
  assert.deepEqual([strategy, replicas], [{ type: 'Recreate' }, 1]);
});

test('destinations are public ones by https, unless the values say otherwise', () => {
  const of = (name: string) =>
    ['CATNAP_DESTINATION_NETWORKS', 'CATNAP_DESTINATION_HTTP'].map((one) => variable(inCase(name), '-dispatcher', one));
  assert.deepEqual(of('the defaults'), [undefined, undefined]);
  const chosen = of('destinations in the cluster, and nothing else may be called');
  assert.deepEqual(chosen, ['10.96.0.0/12,fd00::/8', 'true']);
});

test('metrics are never at the gateway’s Service; the other one tells of leaving activators too', () => {
  const objects = inCase('a load balancer');
  assert.deepEqual(
    the(objects, 'Service', '-gateway').spec.ports.map((port: Loose) => port.name),
    ['http'],
  );
  const { spec } = the(objects, 'Service', '-activator');
  assert.equal(spec.clusterIP, 'None');
  assert.equal(spec.publishNotReadyAddresses, true);
  assert.equal(variable(objects, '-operator', 'CATNAP_ACTIVATOR_SERVICE'), 'catnap-activator');
});

test('what a type of Service does not know is not set', () => {
  const { spec } = the(
    install({ service: { loadBalancerClass: 'x', externalTrafficPolicy: 'Local' } }),
    'Service',
    '-gateway',
  );
  assert.deepEqual(Object.keys(spec).sort(), ['ports', 'selector', 'type']);
});

test('an Ingress has one rule for every host, or one for each that is listed', () => {
  const hosts = (name: string) => the(inCase(name), 'Ingress', '-gateway').spec.rules.map((rule: Loose) => rule.host);
  assert.deepEqual(hosts('an Ingress'), [undefined]);
  assert.deepEqual(hosts('an Ingress with TLS'), ['*.default.fn.example.org', '*.shop.fn.example.org']);
});

test('callers are told little of failures unless it is wanted', () => {
  assert.equal(variable(install(), '-activator', 'CATNAP_ERROR_DETAIL'), 'false');
  const objects = install({ activator: { errorDetail: true } });
  assert.equal(variable(objects, '-activator', 'CATNAP_ERROR_DETAIL'), 'true');
});

test('limited to namespaces, whatever deals with Functions is told which', () => {
  const told = (objects: readonly Loose[]) =>
    podsOf(objects)
      .filter(({ of }) => /-(operator|activator|dispatcher|remove-functions)$/.test(of.metadata.name))
      .map(({ spec }) => spec.containers[0].env.find((one: Loose) => one.name === 'CATNAP_NAMESPACES')?.value);
  assert.deepEqual(told(inCase('two namespaces')), Array(4).fill('shop,web'));
  assert.deepEqual(told(inCase('functions are removed with it')), Array(4).fill(undefined));
});

test('the operator is told which pods may reach functions', () => {
  const objects = inCase('Prometheus operator');
  const rules = JSON.parse(variable(objects, '-operator', 'CATNAP_NETWORK_POLICY') ?? '');
  assert.deepEqual(rules.activators.matchLabels, the(objects, 'Deployment', '-activator').spec.selector.matchLabels);
  assert.equal(rules.metricsFrom[0].namespaceSelector.matchLabels['kubernetes.io/metadata.name'], 'monitoring');
  assert.equal(rules.egress, 'open');
  assert.equal(variable(inCase('no policies'), '-operator', 'CATNAP_NETWORK_POLICY'), undefined);
});

test('the hooks are made in an order in which each finds what it needs', () => {
  const hooks = renderChart({
    release: 'catnap',
    namespace: 'catnap-system',
    values: { uninstall: { removeFunctions: true } },
  });
  for (const event of ['pre-install', 'pre-upgrade', 'pre-delete', 'test']) {
    const weights = (kinds: RegExp) =>
      hooks.filter((h) => h.hooks.includes(event) && kinds.test(h.object.kind ?? '')).map((h) => h.weight);
    assert.ok(Math.max(...weights(/^ServiceAccount$/)) < Math.min(...weights(/Role/)), event);
    assert.ok(Math.max(...weights(/Role/)) < Math.min(...weights(/^(Job|Pod)$/)), event);
  }
});
