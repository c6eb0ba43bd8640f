// Longer than 250 lines: one table of claims and who has the route.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { HostPolicy, type HostRules } from '#api/rules/host-owner.ts';
import { DEFAULT_HOST_TEMPLATE, HostTemplate } from '#api/rules/host-template.ts';
import type { RouteSpec } from '#api/rules/route.ts';
import { aFunction, at } from '../testing/builders.ts';
import { RouteClaims } from './route-claims.ts';

const HOUR_S = 3_600;

/** Functions, and the registry that decides on their routes. */
class Scene {
  readonly functions = new Map<string, FunctionObject>();
  readonly claims: RouteClaims;
  released = 0;

  constructor(rules: Partial<HostRules> = {}, template = DEFAULT_HOST_TEMPLATE) {
    this.claims = new RouteClaims({
      policy: new HostPolicy({
        template: new HostTemplate(template, 'fn.example'),
        clusterDomain: 'cluster.local',
        gateway: 'catnap-gateway.catnap-system',
        owners: [],
        strict: false,
        ...rules,
      }),
      find: (namespace, name) => this.functions.get(`${namespace}/${name}`),
      onReleased: () => {
        this.released += 1;
      },
    });
  }

  /** The function exists with these routes, undecided. */
  put(key: string, routes: (RouteSpec | string)[] = [], createdAt?: string): FunctionObject {
    const [namespace = '', name = ''] = key.split('/');
    const list = routes.map((route) => (typeof route === 'string' ? { host: route } : route));
    const fn = aFunction({ routes: list as never }, { name, uid: `uid-of-${key}`, ...(createdAt && { createdAt }) });
    const status = this.functions.get(key)?.status;
    const object = { ...fn, metadata: { ...fn.metadata, namespace }, ...(status && { status }) };
    this.functions.set(key, object);
    return object;
  }

  /** Decides on it and writes its status. */
  decide(key: string, seconds = 0) {
    const fn = this.functions.get(key) as FunctionObject;
    const decision = this.claims.decide(fn, at(seconds));
    const { routes } = decision;
    this.functions.set(key, { ...fn, status: { observedGeneration: 1, conditions: [], routes } });
    return decision;
  }

  ask(key: string, routes: (RouteSpec | string)[], seconds = 0) {
    this.put(key, routes);
    return this.decide(key, seconds);
  }

  remove(key: string, seconds = 0): Set<string> {
    const fn = this.functions.get(key) as FunctionObject;
    this.functions.delete(key);
    return this.claims.forget(fn, at(seconds));
  }
}

const accepted = ({ routes }: { routes: { accepted: boolean }[] }) => routes.map((route) => route.accepted);

test('who asks first has the route, with the time; the other is told who has it', () => {
  const scene = new Scene();
  const first = scene.ask('a/one', [{ host: 'api.example.org', pathPrefix: '/x/' }], 5);
  assert.deepEqual(first.routes, [
    { host: 'api.example.org', pathPrefix: '/x', accepted: true, since: '2026-01-01T00:00:05.000Z' },
  ]);
  const second = scene.ask('a/two', [{ host: 'api.example.org', pathPrefix: '/x' }], 6);
  assert.deepEqual(accepted(second), [false]);
  assert.match(second.problem?.message ?? '', /^api\.example\.org\/x belongs to Function a\/one/);
  assert.equal(second.problem?.reason, 'RouteConflict');
});

test('an accepted route keeps its time', () => {
  const scene = new Scene();
  scene.ask('a/one', ['api.example.org'], 5);
  assert.equal(scene.decide('a/one', 500).routes[0]?.since, '2026-01-01T00:00:05.000Z');
});

test('one function may name a route twice', () => {
  const routes = [
    { host: 'a.example.org', pathPrefix: '/a' },
    { host: 'a.example.org', pathPrefix: '/a/' },
  ];
  assert.deepEqual(accepted(new Scene().ask('a/one', routes)), [true]);
});

test('a host belongs to the namespace of its first claim, with all its paths', () => {
  const scene = new Scene();
  scene.ask('shop/site', ['shop.example.com']);
  const thief = scene.ask('evil/thief', [{ host: 'shop.example.com', pathPrefix: '/login' }]);
  assert.deepEqual(accepted(thief), [false]);
  assert.match(thief.problem?.message ?? '', /Function shop\/site/);
  assert.deepEqual(accepted(scene.ask('shop/login', [{ host: 'shop.example.com', pathPrefix: '/login' }])), [true]);
});

test('an old function that adds a host today does not take it from a younger one that has it', () => {
  const scene = new Scene();
  scene.put('evil/old', [], '2020-01-01T00:00:00Z');
  scene.decide('evil/old');
  scene.ask('shop/site', ['shop.example.com']);
  scene.put('evil/old', ['shop.example.com'], '2020-01-01T00:00:00Z');
  assert.deepEqual(accepted(scene.decide('evil/old')), [false]);
});

test('the holder is told that another one asked, and not again at once', () => {
  const scene = new Scene();
  scene.ask('shop/site', ['shop.example.com']);
  const { contested } = scene.ask('evil/thief', ['shop.example.com'], 1);
  assert.deepEqual(
    contested.map(({ holder }) => holder),
    ['shop/site'],
  );
  assert.match(contested[0]?.message ?? '', /Function evil\/thief asks for shop\.example\.com\//);
  assert.deepEqual(scene.decide('evil/thief', 2).contested, []);
  assert.equal(scene.decide('evil/thief', 2 + HOUR_S).contested.length, 1);
});

test('a route that is let go of goes to who waits for it in the same namespace', () => {
  const scene = new Scene();
  scene.ask('a/one', ['api.example.org']);
  scene.ask('a/two', ['api.example.org']);
  assert.deepEqual([...scene.ask('a/one', []).affected], ['a/two']);
  assert.deepEqual(accepted(scene.decide('a/two')), [true]);
});

test('a host that is let go of stays with its namespace for a day', () => {
  const scene = new Scene();
  scene.ask('shop/site', ['shop.example.com']);
  scene.ask('evil/squatter', ['shop.example.com']);
  assert.deepEqual([...scene.remove('shop/site', 10)], ['evil/squatter']);
  assert.equal(scene.released, 1);
  const waiting = scene.decide('evil/squatter', 10 + HOUR_S);
  assert.match(waiting.problem?.message ?? '', /is kept until 2026-01-02T00:00:10.000Z for namespace shop/);
  assert.equal(waiting.againInMs, 23 * HOUR_S * 1000);
  assert.deepEqual(accepted(scene.ask('shop/again', ['shop.example.com'], 11 + HOUR_S)), [true]);
  scene.remove('shop/again', 20);
  assert.deepEqual(accepted(scene.decide('evil/squatter', 20 + 24 * HOUR_S)), [true]);
});

test('a function that is made anew under its name keeps the host, as a new claim', () => {
  const scene = new Scene();
  scene.ask('shop/site', ['shop.example.com'], 5);
  const anew = scene.put('shop/site', ['shop.example.com']);
  scene.functions.set('shop/site', { ...anew, metadata: { ...anew.metadata, uid: 'another' } });
  assert.equal(scene.decide('shop/site', 9).routes[0]?.since, '2026-01-01T00:00:09.000Z');
});

test('what was accepted before a restart comes first, whoever is asked first after it', () => {
  const before = new Scene();
  before.ask('shop/site', ['shop.example.com'], 5);
  before.ask('evil/thief', ['shop.example.com'], 6);
  const after = new Scene();
  for (const [key, fn] of before.functions) after.functions.set(key, fn);
  for (const fn of after.functions.values()) after.claims.restore(fn);
  assert.deepEqual(accepted(after.decide('evil/thief', 20)), [false]);
  assert.equal(after.decide('shop/site', 21).routes[0]?.since, '2026-01-01T00:00:05.000Z');
});

test('one that stood by keeps the hosts of a function that went meanwhile', () => {
  const leader = new Scene();
  leader.ask('shop/site', ['shop.example.com']);
  const standby = new Scene();
  standby.claims.forget(leader.functions.get('shop/site') as FunctionObject, at(10));
  assert.deepEqual(accepted(standby.ask('evil/squatter', ['shop.example.com'], 20)), [false]);
  assert.deepEqual(accepted(standby.ask('shop/site', ['shop.example.com'], 21)), [true]);
});

test('no age gives a route at the default host of another function, also of one that comes later', () => {
  const scene = new Scene();
  assert.deepEqual(accepted(scene.ask('evil/thief', ['later.tenant-b.fn.example'])), [false]);
  assert.deepEqual(accepted(scene.ask('a/one', ['two.a.fn.example'])), [true]);
  scene.put('a/two');
  assert.deepEqual(scene.claims.concernedBy('two.a.fn.example'), ['a/one']);
  const evicted = scene.decide('a/one');
  assert.match(evicted.problem?.message ?? '', /belongs to Function a\/two/);
  assert.equal(scene.claims.released.size, 0, 'a host of one’s own namespace needs no keeping');
});

test('a route like the name of a function inside the cluster is a conflict of the younger of the two', () => {
  const older = new Scene();
  older.ask('a/site', ['acme.dev']);
  older.put('dev/acme');
  const younger = older.decide('dev/acme');
  assert.match(younger.problem?.message ?? '', /acme\.dev is a route of Function a\/site.*acme\.dev\.svc/);
  assert.deepEqual(accepted(older.decide('a/site')), [true]);

  const late = new Scene();
  late.put('dev/acme');
  assert.equal(late.decide('dev/acme').problem, undefined);
  late.put('a/site', []);
  late.decide('a/site');
  assert.match(late.ask('a/site', ['acme.dev']).problem?.message ?? '', /belongs to Function dev\/acme/);
  late.remove('dev/acme');
  assert.deepEqual(late.claims.concernedBy('acme.dev'), ['a/site']);
  assert.deepEqual(accepted(late.decide('a/site')), [true]);
});

test('of a route and such a function that are both new, the older has it, whichever is looked at first', () => {
  const scene = new Scene();
  scene.put('a/site', ['acme.dev'], '2025-01-01T00:00:00Z');
  scene.put('dev/acme', [], '2025-01-02T00:00:00Z');
  assert.equal(scene.decide('dev/acme').problem, undefined);
  const decision = scene.decide('a/site');
  assert.deepEqual(accepted(decision), [true]);
  assert.deepEqual([...decision.affected], ['dev/acme']);
  assert.equal(scene.decide('dev/acme').problem?.reason, 'RouteConflict');
});

test('namespaces to which the administrator gave one host share it by path', () => {
  const scene = new Scene({ owners: [{ host: '*.example.com', namespaces: ['a', 'b'] }] });
  scene.ask('a/one', ['shop.example.com']);
  assert.deepEqual(accepted(scene.ask('b/two', [{ host: 'shop.example.com', pathPrefix: '/b' }])), [true]);
  assert.deepEqual(accepted(scene.ask('b/three', ['shop.example.com'])), [false]);
  assert.deepEqual(accepted(scene.ask('c/four', ['shop.example.com'])), [false]);
});

test('a host that the administrator gave to others is lost, also where it was accepted before', () => {
  const before = new Scene();
  before.ask('old/site', ['shop.example.com']);
  const after = new Scene({ owners: [{ host: 'shop.example.com', namespaces: ['shop'] }] });
  const old = before.functions.get('old/site') as FunctionObject;
  after.functions.set('old/site', old);
  after.claims.restore(old);
  assert.deepEqual(accepted(after.ask('shop/site', ['shop.example.com'])), [false], 'until the other is looked at');
  assert.deepEqual([...after.decide('old/site').affected], ['shop/site']);
  assert.deepEqual(accepted(after.decide('shop/site')), [true]);
});

test('a path prefix that is the gateway’s own is told in words', () => {
  const { problem } = new Scene().ask('a/one', [{ host: 'a.example.org', pathPrefix: '/fn/b' }]);
  assert.equal(problem?.reason, 'InvalidRoute');
  assert.match(problem?.message ?? '', /^a\.example\.org\/fn\/b is below \/fn or \/\.catnap/);
});

test('by a template that gives two functions one host, the first has it and the other is told', () => {
  const scene = new Scene({}, '{name}-{namespace}.{domain}');
  assert.deepEqual(
    scene.ask('c/a-b', []).routes.map(({ host }) => host),
    ['a-b-c.fn.example'],
  );
  const other = scene.ask('b-c/a', []);
  assert.match(other.problem?.message ?? '', /a-b-c\.fn\.example\/ belongs to Function c\/a-b/);
  scene.remove('c/a-b');
  assert.deepEqual(accepted(scene.decide('b-c/a', 1)), [false], 'for a day');
  assert.deepEqual(accepted(scene.decide('b-c/a', 25 * HOUR_S)), [true]);
});

test('five thousand functions with a route each, and fifty with the worst ones, are decided in no time', () => {
  const scene = new Scene();
  const slashes = `${'/'.repeat(1_000)}a`;
  for (let i = 0; i < 5_000; i += 1) scene.put(`n${i % 50}/f${i}`, [`f${i}.example.org`]);
  for (let i = 0; i < 50; i += 1) {
    const routes = Array.from({ length: 32 }, (_, r) => ({ host: `r${r}.example.net`, pathPrefix: slashes }));
    scene.put(`slow/s${i}`, routes);
  }
  let longestMs = 0;
  const beganMs = performance.now();
  for (const key of [...scene.functions.keys()]) {
    const oneMs = performance.now();
    scene.decide(key);
    scene.claims.concernedBy('f1.n1');
    longestMs = Math.max(longestMs, performance.now() - oneMs);
  }
  assert.ok(performance.now() - beganMs < 5_000, 'all of them');
  assert.ok(longestMs < 500, `one took ${longestMs} ms`);
});
