import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_HOST_TEMPLATE, HostTemplate } from '#api/rules/host-template.ts';
import { answerFor } from '../errors/gateway-error.ts';
import { findRoute, nothingThere } from './find-route.ts';
import { RouteTable } from './route-table.ts';

const entry = (namespace: string, name: string) => ({ namespace, name, routes: [], target: `${namespace}/${name}` });
const table = new RouteTable(
  [entry('default', 'hello'), entry('shop', 'hello'), entry('shop', 'cart')],
  new HostTemplate(DEFAULT_HOST_TEMPLATE, 'fn.example'),
  'cluster.local',
);
const namespaces = new Map([
  ['10.0.0.7', 'default'],
  ['10.0.0.8', 'shop'],
]);
const found = (host: string, peer: string | undefined, path = '/a') => {
  const route = findRoute(table, { host, path, peer }, (address) => namespaces.get(address));
  return route.kind === 'function' ? `${route.target} ${route.path}` : route.kind;
};

test('a name alone is that of a function in the caller’s namespace', () => {
  assert.equal(found('hello', '10.0.0.7'), 'default/hello /a');
  assert.equal(found('HELLO:80', '10.0.0.8'), 'shop/hello /a');
  assert.equal(found('hello.', '10.0.0.8'), 'shop/hello /a');
});

test('a name alone leads nowhere for callers of no namespace, behind a proxy, or where the namespace has none', () => {
  assert.equal(found('hello', '10.9.9.9'), 'none');
  assert.equal(found('hello', undefined), 'none');
  assert.equal(found('cart', '10.0.0.7'), 'none');
  assert.equal(found('localhost', '10.0.0.7'), 'none');
});

test('a name with its namespace is the same for all callers', () => {
  assert.equal(found('cart.shop', '10.0.0.7'), 'shop/cart /a');
  assert.equal(found('cart.shop', undefined), 'shop/cart /a');
  assert.equal(found('hello', '10.0.0.8', '/.catnap/ready'), 'none');
});

test('the answer to a bare name that leads nowhere says to add the namespace', () => {
  const { message } = nothingThere({ host: 'hello:80', path: '/', peer: undefined }, undefined);
  assert.match(message, /hello\.<namespace>/);
  assert.doesNotMatch(nothingThere({ host: 'localhost:8080', path: '/', peer: undefined }, undefined).message, /<name/);
});

for (const path of [
  '/api?timeout=32s',
  '/apis',
  '/openapi/v3',
  '/openapi/v2?timeout=32s',
  '/version',
  '/api/v1/pods',
]) {
  test(`kubectl that asks the gateway for ${path} gets the advice to export KUBECONFIG, and prints it`, () => {
    const failure = nothingThere({ host: 'localhost:8080', path, peer: '127.0.0.1' }, undefined);
    const { status, headers, body } = answerFor(failure, null, 'id-1', false);
    assert.equal(status, 404);
    assert.match(headers[headers.indexOf('warning') + 1] ?? '', /^299 - "[^"\\]+export KUBECONFIG=[^"\\]+"$/);
    const { kind, apiVersion, code, message } = JSON.parse(body);
    assert.deepEqual([kind, apiVersion, code], ['Status', 'v1', 404]);
    assert.match(message, /export KUBECONFIG=/);
  });
}

test('other paths that begin alike are no questions to an API server', () => {
  for (const path of ['/apix', '/versions', '/', '/openapi.json', '/x/api']) {
    const failure = nothingThere({ host: 'localhost:8080', path, peer: undefined }, undefined);
    assert.doesNotMatch(failure.message, /KUBECONFIG/);
    assert.ok(!answerFor(failure, null, 'id-1', false).headers.includes('warning'));
  }
});
