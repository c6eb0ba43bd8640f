/** Who reaches whom under the chart's own NetworkPolicies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inCase, type Loose } from './rendered.ts';

/** One end of a connection; one without labels is no pod. */
interface End {
  namespace?: string;
  labels?: Record<string, string>;
}

const SYSTEM = 'catnap-system';
const ours = (component: string): End => ({
  namespace: SYSTEM,
  labels: {
    'app.kubernetes.io/name': 'catnap',
    'app.kubernetes.io/instance': 'catnap',
    'app.kubernetes.io/component': component,
  },
});
const operator = ours('operator');
const activator = ours('activator');
const helmTest = ours('test');
const logKeeper = ours('logs');
const dispatcher = ours('dispatcher');
const aFunction: End = { namespace: 'shop', labels: { 'catnap.dev/function': 'cart' } };
const prometheus: End = { namespace: 'monitoring', labels: { app: 'prometheus' } };
const ingress: End = { namespace: 'ingress', labels: { app: 'controller' } };
const stranger: End = { namespace: 'other', labels: { app: 'curious' } };
const lookalike: End = { ...operator, namespace: 'other' };
const outside: End = {};

/** What a policy says of labels; every selector of ours matches labels, or asks whether one exists. */
function selects(selector: Loose, labels: Record<string, string>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator }: Loose) => operator === 'Exists' && key in labels)
  );
}

function isPeer(peer: Loose, end: End): boolean {
  if (peer.ipBlock !== undefined || end.labels === undefined) return false;
  const namespace = { 'kubernetes.io/metadata.name': String(end.namespace) };
  const there =
    peer.namespaceSelector === undefined ? end.namespace === SYSTEM : selects(peer.namespaceSelector, namespace);
  return there && selects(peer.podSelector ?? {}, end.labels);
}

const has = (rules: Loose[], side: 'from' | 'to', port: string | number, end: End) =>
  rules.some(
    (rule) =>
      rule.ports.some((one: Loose) => one.port === port) &&
      (rule[side] === undefined || rule[side].some((peer: Loose) => isPeer(peer, end))),
  );

/** Whether the policies that select `pod` let the other end in, or let it out to there. */
function lets(objects: readonly Loose[], direction: 'Ingress' | 'Egress', pod: End) {
  const about = objects.filter(
    ({ kind, spec }) =>
      kind === 'NetworkPolicy' && spec.policyTypes.includes(direction) && selects(spec.podSelector, pod.labels ?? {}),
  );
  const [list, side] = direction === 'Ingress' ? (['ingress', 'from'] as const) : (['egress', 'to'] as const);
  return (port: string | number, end: End) =>
    about.length === 0 || about.some(({ spec }) => has(spec[list], side, port, end));
}

test('anybody reaches the gateway’s ports; its port for operation only the operator and other activators', () => {
  const into = lets(inCase('the defaults'), 'Ingress', activator);
  for (const from of [outside, stranger, aFunction, helmTest]) {
    assert.ok(into('http', from) && into('https', from));
    assert.ok(!into('ops', from));
  }
  assert.ok(into('ops', operator) && into('ops', activator));
  assert.ok(!into('ops', lookalike), 'the same labels in another namespace');
  assert.ok(!into('ops', prometheus));
});

test('the log keeper is reached at its one port, by way of the API server, which is no pod; for its metrics by Prometheus alone', () => {
  const into = lets(inCase('the defaults'), 'Ingress', logKeeper);
  assert.ok(into('http', outside));
  for (const from of [outside, stranger, operator, prometheus]) assert.ok(!into('ops', from));
  assert.ok(lets(inCase('Prometheus operator'), 'Ingress', logKeeper)('ops', prometheus));
  const out = lets(inCase('operator and activators are shut in'), 'Egress', logKeeper);
  assert.ok(out(53, outside) && !out(443, outside) && !out('http', aFunction));
});

test('deliveries come to activators from the dispatcher alone, and what they accept goes to it from them alone', () => {
  for (const name of ['the defaults', 'operator and activators are shut in'] as const) {
    const objects = inCase(name);
    const strangers = [outside, stranger, aFunction, operator, helmTest, { ...dispatcher, namespace: 'other' }];
    const intoActivator = lets(objects, 'Ingress', activator);
    assert.ok(intoActivator('deliveries', dispatcher));
    for (const from of [...strangers, activator]) assert.ok(!intoActivator('deliveries', from));
    assert.ok(!intoActivator('ops', dispatcher));
    const intoDispatcher = lets(objects, 'Ingress', dispatcher);
    assert.ok(intoDispatcher('intake', activator));
    for (const from of strangers) assert.ok(!intoDispatcher('intake', from) && !intoDispatcher('ops', from));
    assert.ok(intoDispatcher('http', outside), 'by way of the API server, which is no pod');
  }
  assert.ok(lets(inCase('Prometheus operator'), 'Ingress', dispatcher)('ops', prometheus));
  const shutIn = inCase('operator and activators are shut in');
  const [fromDispatcher, fromActivator] = [lets(shutIn, 'Egress', dispatcher), lets(shutIn, 'Egress', activator)];
  assert.ok(fromActivator('intake', dispatcher) && fromDispatcher('deliveries', activator));
  assert.ok(!fromDispatcher('http', aFunction) && !fromDispatcher('ops', activator) && !fromDispatcher(443, outside));
  assert.ok(!lets(inCase('no dispatcher'), 'Ingress', activator)('deliveries', dispatcher));
});

test('nobody reaches the operator', () => {
  const into = lets(inCase('the defaults'), 'Ingress', operator);
  for (const from of [outside, stranger, activator, prometheus]) assert.ok(!into('ops', from) && !into(8080, from));
});

test('Prometheus reads operator and activators from where the values say', () => {
  for (const pod of [operator, activator]) {
    const into = lets(inCase('Prometheus operator'), 'Ingress', pod);
    assert.ok(into('ops', prometheus));
    assert.ok(!into('ops', stranger) && !into('ops', outside));
  }
});

test('the gateway may be kept to an ingress controller; functions and helm test reach it all the same', () => {
  const into = lets(inCase('operator and activators are shut in'), 'Ingress', activator);
  for (const from of [ingress, aFunction, helmTest]) assert.ok(into('http', from));
  for (const from of [outside, stranger, prometheus]) assert.ok(!into('http', from));
});

test('they call what they like, unless they are shut in: then names, the API server, activators and functions', () => {
  for (const pod of [operator, activator]) assert.ok(lets(inCase('the defaults'), 'Egress', pod)(443, outside));
  const objects = inCase('operator and activators are shut in');
  const [fromOperator, fromActivator] = [lets(objects, 'Egress', operator), lets(objects, 'Egress', activator)];
  for (const out of [fromOperator, fromActivator]) {
    assert.ok(out(53, outside) && out('ops', activator));
    assert.ok(!out(443, outside) && !out(8443, outside) && !out('http', stranger));
  }
  assert.ok(fromActivator('http', aFunction));
  assert.ok(!fromOperator('http', aFunction));
  const fromLogKeeper = lets(objects, 'Egress', logKeeper);
  assert.ok(fromLogKeeper(53, outside));
  assert.ok(!fromLogKeeper('ops', activator) && !fromLogKeeper(443, outside) && !fromLogKeeper('http', aFunction));
  const servers = objects
    .filter(({ kind, spec }) => kind === 'NetworkPolicy' && spec.egress !== undefined)
    .map(({ spec }) => spec.egress.filter((rule: Loose) => rule.ports[0].port === 8443).map((rule: Loose) => rule.to));
  assert.deepEqual(servers, Array(4).fill([[{ ipBlock: { cidr: '192.0.2.10/32' } }]]));
});

test('activators that are shut in reach the Redis of rate limits, where there is one; nothing else does', () => {
  const objects = inCase('rate limits in a Redis over TLS, and nothing else may be called');
  const rules = (component: string) =>
    objects
      .filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name.endsWith(component))
      .flatMap(({ spec }) => spec.egress.filter((rule: Loose) => rule.ports[0].port === 6380));
  assert.deepEqual(
    rules('activator').map(({ to }) => to),
    [[{ ipBlock: { cidr: '192.0.2.20/32' } }]],
  );
  assert.deepEqual(rules('operator'), []);
});

test('operator and activators that are shut in reach issuers of tokens, where the values say where these are; nothing else does', () => {
  const objects = inCase('issuers in the cluster, and nothing else may be called');
  const rules = (component: string) =>
    objects
      .filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name.endsWith(component))
      .flatMap(({ spec }) => spec.egress.filter(({ to }: Loose) => to?.[0]?.ipBlock?.cidr === '192.0.2.30/32'));
  const ports = [{ port: 443, protocol: 'TCP' }];
  for (const one of ['operator', 'activator'])
    assert.deepEqual(
      rules(one).map((rule) => rule.ports),
      [ports],
      one,
    );
  assert.deepEqual(rules('logs'), []);
});

test('a dispatcher that is shut in reaches destinations where the values say these are; nothing else does', () => {
  const objects = inCase('destinations in the cluster, and nothing else may be called');
  const rules = (component: string) =>
    objects
      .filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name.endsWith(component))
      .flatMap(({ spec }) => spec.egress.filter(({ to }: Loose) => to?.[0]?.ipBlock?.cidr === '192.0.2.40/32'));
  const ports = [443, 80].map((port) => ({ port, protocol: 'TCP' }));
  assert.deepEqual(
    rules('-dispatcher').map((rule) => rule.ports),
    [ports],
  );
  for (const one of ['-operator', '-activator', '-logs']) assert.deepEqual(rules(one), [], one);
});

test('without network policies there are none', () => {
  assert.ok(!inCase('no policies').some(({ kind }) => kind === 'NetworkPolicy'));
});
