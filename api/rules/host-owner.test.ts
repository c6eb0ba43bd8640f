import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostPolicy, type HostRules } from './host-owner.ts';
import { DEFAULT_HOST_TEMPLATE, HostTemplate } from './host-template.ts';

const policy = (rules: Partial<HostRules> = {}, template = DEFAULT_HOST_TEMPLATE) =>
  new HostPolicy({
    template: new HostTemplate(template, 'fn.example'),
    clusterDomain: 'cluster.local',
    gateway: 'catnap-gateway.catnap-system',
    owners: [],
    strict: false,
    ...rules,
  });
const reason = (host: string, namespace: string, of = policy()) => of.refusal(host, namespace)?.reason;

for (const host of [
  'shop.example.com',
  'acme.dev',
  'api.localhost',
  'example.org',
  'x.shop.fn.example',
  'x.shop.svc',
]) {
  test(`a function in shop may ask for ${host}`, () => assert.equal(reason(host, 'shop'), undefined));
}

for (const host of [
  'fn.example',
  'shop.fn.example',
  'later.tenant-b.fn.example',
  'a.b.tenant-b.fn.example',
  'hello.default.svc',
  'hello.default.svc.cluster.local',
  'x.hello.default.svc',
]) {
  test(`a function in shop may not ask for ${host}: it is another’s`, () =>
    assert.equal(reason(host, 'shop'), 'RouteConflict'));
}

for (const host of [
  '127.0.0.1',
  '10.0.0.1',
  '1.2.3',
  '0x7f.1',
  '0x7f000001',
  'a.b.1',
  'localhost',
  'nas',
  'cluster.local',
  'x.pod.cluster.local',
  'catnap-gateway.catnap-system',
  `${'a'.repeat(64)}.example.com`,
  'a..b',
  '',
]) {
  test(`nobody may ask for ${host || 'no host'}`, () => assert.equal(reason(host, 'shop'), 'InvalidRoute'));
}

test('what the administrator lists is for the namespaces of the most specific entry', () => {
  const listed = policy({
    owners: [
      { host: '*.example.com', namespaces: ['web'] },
      { host: 'shop.example.com', namespaces: ['shop', 'cart'] },
      { host: '*.eu.example.com', namespaces: [] },
      { host: 'nas', namespaces: ['home'] },
      { host: 'www.fn.example', namespaces: ['web'] },
    ],
  });
  assert.deepEqual(listed.ownersOf('a.b.example.com'), ['web']);
  assert.equal(listed.ownersOf('example.com'), undefined);
  assert.equal(reason('www.example.com', 'web', listed), undefined);
  assert.equal(reason('www.example.com', 'shop', listed), 'RouteConflict');
  assert.equal(reason('shop.example.com', 'cart', listed), undefined);
  assert.equal(reason('shop.example.com', 'web', listed), 'RouteConflict');
  assert.equal(reason('x.eu.example.com', 'web', listed), 'RouteConflict');
  assert.equal(reason('nas', 'home', listed), undefined);
  assert.equal(reason('www.fn.example', 'web', listed), undefined);
  assert.equal(reason('other.org', 'any', listed), undefined);
});

test('no list gives away what belongs to a namespace by its form', () => {
  const listed = policy({
    owners: [
      { host: '*.fn.example', namespaces: ['evil'] },
      { host: 'a.b.svc', namespaces: ['evil'] },
    ],
  });
  assert.equal(reason('hello.default.fn.example', 'evil', listed), 'RouteConflict');
  assert.equal(reason('a.b.svc', 'evil', listed), 'RouteConflict');
});

test('strict: what is not listed is refused, but for hosts of one’s own namespace', () => {
  const strict = policy({ strict: true, owners: [{ host: 'shop.example.com', namespaces: ['shop'] }] });
  assert.equal(reason('shop.example.com', 'shop', strict), undefined);
  assert.equal(reason('other.example.com', 'shop', strict), 'InvalidRoute');
  assert.equal(reason('x.shop.fn.example', 'shop', strict), undefined);
});

test('by a template with a dash, hosts that one namespace alone could have are its own, others no route of any', () => {
  const dashed = policy({}, '{name}-{namespace}.{domain}');
  assert.equal(reason('x-shop.fn.example', 'shop', dashed), undefined);
  assert.equal(reason('x-shop.fn.example', 'other', dashed), 'RouteConflict');
  for (const host of ['a-b-shop.fn.example', 'shop.fn.example', 'a.x-shop.fn.example']) {
    assert.equal(reason(host, 'shop', dashed), 'RouteConflict', host);
  }
});
