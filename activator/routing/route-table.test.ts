import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_HOST_TEMPLATE, HostTemplate } from '#api/rules/host-template.ts';
import { normalRoute, type RouteSpec } from '#api/rules/route.ts';
import { type RouteEntry, RouteTable } from './route-table.ts';

const entry = (key: string, accepted: RouteSpec[] = [], since = '2026-01-01'): RouteEntry<string> => {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name, routes: accepted.map((route) => ({ ...normalRoute(route), since })), target: key };
};
const template = new HostTemplate(DEFAULT_HOST_TEMPLATE, 'fn.example');
const table = (...entries: RouteEntry<string>[]) => new RouteTable(entries, template, 'cluster.local');
const found = (routes: RouteTable<string>, host: string, path = '/') => {
  const route = routes.lookup(host, path);
  return route.kind === 'function' ? `${route.target} ${route.path}` : route.kind;
};

const hello = table(entry('default/hello'), entry('shop/cart'));

for (const host of [
  'hello.default.fn.example',
  'hello.default.fn.example:8080',
  'HELLO.Default.fn.example',
  'hello.default.fn.example.',
  'hello.default',
  'hello.default:80',
  'hello.default.svc',
  'hello.default.svc.cluster.local',
  'hello.default.svc.cluster.local:80',
]) {
  test(`${host} leads to the function`, () => assert.equal(found(hello, host, '/a?b=c'), 'default/hello /a?b=c'));
}

for (const host of [
  'hello',
  'hello.shop',
  'cart.default',
  'x.hello.default.fn.example',
  'hello.default.example',
  '',
  '[::1]:80',
]) {
  test(`${host || 'no host'} leads nowhere`, () => assert.equal(found(hello, host), 'none'));
}

for (const [path, inside] of [
  ['/fn/default/hello/', '/'],
  ['/fn/default/hello', '/'],
  ['/fn/default/hello?x=1', '/?x=1'],
  ['/fn/default/hello/a/b?x=/fn/', '/a/b?x=/fn/'],
  ['/fn/default/hello//a', '//a'],
]) {
  test(`${path} on the gateway’s own host leads to ${inside} of the function`, () =>
    assert.equal(found(hello, '10.0.0.1:8080', path), `default/hello ${inside}`));
}

for (const path of [
  '/fn/default/none/',
  '/fn/default',
  '/fn/',
  '/fn/hello/default/',
  '/',
  '/other',
  '/.catnap/ready',
]) {
  test(`${path} on the gateway’s own host leads nowhere`, () =>
    assert.equal(found(hello, 'localhost:8080', path), 'none'));
}

test('on a function’s host /fn/… is the function’s own path', () => {
  assert.equal(found(hello, 'hello.default.fn.example', '/fn/shop/cart/'), 'default/hello /fn/shop/cart/');
});

for (const path of [
  '/.catnap/ready',
  '/.catnap/',
  '/.catnap',
  '/.catnap/ready?x=1',
  '/./.catnap/ready',
  '/a/../.catnap/ready',
  '/%2ecatnap/ready',
  '/%2E/.catnap/ready',
  '/\\..\\.catnap\\ready',
]) {
  test(`${path} never reaches a function from outside`, () => {
    assert.equal(found(hello, 'hello.default.fn.example', path), 'none');
    assert.equal(found(hello, 'gateway', `/fn/default/hello${path}`), 'none');
  });
}

test('a path that only speaks of catnap is the function’s', () => {
  assert.equal(found(hello, 'hello.default', '/docs/.catnap/x?catnap'), 'default/hello /docs/.catnap/x?catnap');
});

test('how an invocation goes is asked below each address of its function, which is told what of the path led to it', () => {
  const id = '018bcfe5-6800-7abc-8def-0123456789ab';
  const path = `/.catnap/invocations/${id}`;
  const routes = table(entry('a/one', [{ host: 'api.example', pathPrefix: '/v1' }, { host: 'own.example' }]));
  const at = (host: string, asked: string) => {
    const route = routes.lookup(host, asked);
    return route.kind === 'function' ? [route.base, route.invocation?.id] : route.kind;
  };
  assert.deepEqual(at('one.a.fn.example', path), ['', id]);
  assert.deepEqual(at('one.a', path), ['', id]);
  assert.deepEqual(at('own.example', path), ['', id]);
  assert.deepEqual(at('api.example', `/v1${path}`), ['/v1', id]);
  assert.deepEqual(at('gateway', `/fn/a/one${path}`), ['/fn/a/one', id]);
  assert.deepEqual(at('api.example', '/v1/x?catnap'), ['/v1', undefined]);
  assert.deepEqual(at('gateway', '/fn/a/one?x'), ['/fn/a/one', undefined]);
  assert.equal(at('api.example', path), 'none');
  assert.deepEqual(at('one.a', `/x${path}`), ['', undefined]);
});

test('routes of its own: host and the longest prefix, at a segment’s end', () => {
  const routes = table(
    entry('a/root', [{ host: 'api.example.org', pathPrefix: '/' }]),
    entry('a/users', [{ host: 'api.example.org', pathPrefix: '/users' }]),
    entry('a/admin', [{ host: 'api.example.org', pathPrefix: '/users/admin/' }]),
  );
  assert.equal(found(routes, 'api.example.org:443', '/'), 'a/root /');
  assert.equal(found(routes, 'api.example.org', '/users'), 'a/users /users');
  assert.equal(found(routes, 'api.example.org', '/users?x'), 'a/users /users?x');
  assert.equal(found(routes, 'api.example.org', '/users/7'), 'a/users /users/7');
  assert.equal(found(routes, 'api.example.org', '/usersmore'), 'a/root /usersmore');
  assert.equal(found(routes, 'api.example.org', '/users/admin/x'), 'a/admin /users/admin/x');
});

for (const host of ['127.0.0.1', 'localhost', 'lb.example.org', 'api.example.org', 'other.default', 'cart.shop.svc']) {
  test(`/fn/… leads to each function at ${host}, even if another function has a route there`, () => {
    const routes = table(
      entry('evil/thief', [{ host, pathPrefix: '/' }]),
      entry('default/hello'),
      entry('default/other'),
      entry('shop/cart'),
    );
    assert.equal(found(routes, host, '/fn/default/hello/a'), 'default/hello /a');
    assert.equal(found(routes, host, '/fn/default/none/'), 'none');
    assert.equal(found(routes, host, '/a'), 'evil/thief /a');
  });
}

test('of two with one route the one that was accepted first has it, until it is gone', () => {
  const route = [{ host: 'api.example.org', pathPrefix: '/' }];
  const later = entry('a/later', route, '2026-02-02');
  const first = entry('z/first', route, '2026-01-01');
  assert.equal(found(table(later, first), 'api.example.org'), 'z/first /');
  assert.equal(found(table(first, later), 'api.example.org'), 'z/first /');
});

test('a name inside the cluster that is another function’s route leads there, on all paths to no other', () => {
  const thief = entry('a/site', [{ host: 'acme.dev', pathPrefix: '/x' }]);
  const routes = table(thief, entry('dev/acme'));
  assert.equal(found(routes, 'acme.dev', '/x'), 'a/site /x');
  assert.equal(found(routes, 'acme.dev', '/'), 'none');
  assert.equal(found(routes, 'acme.dev.svc', '/'), 'dev/acme /');
  assert.equal(found(routes, 'acme.dev.fn.example', '/x'), 'dev/acme /x');
  routes.remove(thief);
  assert.equal(found(routes, 'acme.dev', '/'), 'dev/acme /');
});

test('by a template that gives two functions one host, it leads to the one that it was accepted for', () => {
  const host = 'a-b-c.fn.example';
  const dashed = new HostTemplate('{name}-{namespace}.{domain}', 'fn.example');
  const holder = entry('c/a-b', [{ host }]);
  const routes = new RouteTable([holder, entry('b-c/a')], dashed, 'cluster.local');
  assert.equal(found(routes, host), 'c/a-b /');
  assert.equal(found(routes, host, '/fn/b-c/a/'), 'c/a-b /fn/b-c/a/');
  routes.remove(holder);
  assert.equal(found(routes, host), 'none');
  assert.equal(found(routes, 'a.b-c'), 'b-c/a /');
});

test('no route takes away another function’s own address, and /fn/… there is that function’s own path', () => {
  const thief = entry('evil/thief', [{ host: 'hello.default.fn.example', pathPrefix: '/' }], '2000-01-01');
  assert.equal(found(table(thief, entry('default/hello')), 'hello.default.fn.example'), 'default/hello /');
});

test('a route that is given up goes to the one that was accepted next', () => {
  const route = [{ host: 'api.example.org', pathPrefix: '/' }];
  const entries = ['2026-01-01', '2026-02-02', '2026-03-03'].map((at, i) => entry(`a/f${i}`, route, at));
  const routes = table(...entries);
  routes.remove(entries[0] as RouteEntry<string>);
  assert.equal(found(routes, 'api.example.org'), 'a/f1 /');
  assert.equal(found(routes, 'f0.a'), 'none');
  routes.remove(entries[2] as RouteEntry<string>);
  assert.equal(found(routes, 'api.example.org'), 'a/f1 /');
  routes.remove(entries[1] as RouteEntry<string>);
  assert.equal(found(routes, 'api.example.org'), 'none');
  assert.equal(found(routes, 'api.example.org', '/fn/a/f1/'), 'none');
});

test('the shorter prefix counts again once the longer one is gone', () => {
  const long = entry('a/long', [{ host: 'api.example.org', pathPrefix: '/users/admin' }]);
  const routes = table(entry('a/short', [{ host: 'api.example.org', pathPrefix: '/users' }]), long);
  assert.equal(found(routes, 'api.example.org', '/users/admin/x'), 'a/long /users/admin/x');
  routes.remove(long);
  assert.equal(found(routes, 'api.example.org', '/users/admin/x'), 'a/short /users/admin/x');
});

test('ten thousand functions on one host and on hosts of their own take no longer to find one than ten do', () => {
  const size = (count: number) =>
    table(
      ...Array.from({ length: count }, (_, i) =>
        entry(`ns/f${i}`, [
          { host: 'api.example.org', pathPrefix: `/f${i}` },
          { host: `f${i}.example.org`, pathPrefix: '/' },
        ]),
      ),
    );
  const few = size(10);
  const many = size(10_000);
  const targets = Array.from({ length: 1_000 }, (_, i) => [
    ['api.example.org', `/f${i % 10}/x`],
    [`f${i % 10}.example.org`, '/'],
    [`f${i % 10}.ns.fn.example`, '/'],
  ]).flat();
  const look = (routes: RouteTable<string>) => {
    const beganMs = performance.now();
    for (const [host = '', path = ''] of targets) routes.lookup(host, path);
    return performance.now() - beganMs;
  };
  const least = { few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 30; round += 1) {
    least.few = Math.min(least.few, look(few));
    least.many = Math.min(least.many, look(many));
  }
  assert.equal(found(many, 'api.example.org', '/f9999/x'), 'ns/f9999 /f9999/x');
  // A search through all of them would take hundreds of times as long.
  assert.ok(least.many < 4 * least.few, `${least.many} ms, and ${least.few} ms with ten`);
});
