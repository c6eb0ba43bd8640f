/** Addresses cannot be taken: not by age, by path, by spelling, nor from a function that is not there. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { CONFIG_MAPS, EVENTS } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { manifest } from '../support/manifest.ts';
import { settings, systemNamespace } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import { condition, FUNCTION, observed, type World } from '../support/world.ts';

const system = useSystem();
const named = (name: string) => `export default (r: Request) => '${name} ' + new URL(r.url).pathname;`;
const publicHost = () => `r${randomBytes(6).toString('hex')}.example.org`;

type Routes = { host: string; pathPrefix?: string }[];

function apply(world: World, name: string, routes: Routes): Promise<FunctionObject> {
  return world.apply(manifest(world.namespace, name, named(name), { routes }));
}

const accepted = (fn: FunctionObject) => fn.status?.routes?.map((route) => route.accepted).join() ?? '';

/** Once all its routes lead to it. */
async function deploy(world: World, name: string, routes: Routes = []): Promise<FunctionObject> {
  await world.deploy(manifest(world.namespace, name, named(name), { routes }));
  return world.function(name, 'has its routes', (fn) => observed(fn) && !accepted(fn).includes('false'));
}

/** Once it was told, with the message. */
async function conflict(world: World, name: string, reason = 'RouteConflict'): Promise<string> {
  const fn = await world.function(
    name,
    `says ${reason}`,
    (one) => observed(one) && condition(one, 'RouteReady')?.reason === reason,
  );
  assert.equal(condition(fn, 'Ready')?.status, 'False');
  return String(condition(fn, 'RouteReady')?.message);
}

/** What is answered at a host; every activator is asked sooner or later. */
async function leads(world: World, host: string, path: string, to: string): Promise<void> {
  let inRow = 0;
  await eventually(`${host}${path} leads to ${to}`, async () => {
    inRow = (await world.call(`http://${host}`, { path })).text === to ? inRow + 1 : 0;
    return inRow === 5;
  });
}

async function refuses(world: World, host: string, path: string): Promise<void> {
  for (let i = 0; i < 5; i += 1) assert.equal((await world.call(`http://${host}`, { path })).status, 404);
}

test('addresses cannot be taken: /fn/… leads to each function at a host that another one has, too', async () => {
  await using world = await system.world();
  const host = publicHost();
  await deploy(world, 'thief', [{ host }]);
  await deploy(world, 'hello');
  await leads(world, host, '/a', 'thief /a');
  await leads(world, host, `/fn/${world.namespace}/hello/a`, 'hello /a');
  await refuses(world, host, `/fn/${world.namespace}/none/`);
  await refuses(world, host, '/.catnap/ready');
});

for (const host of ['127.0.0.1', 'localhost', 'catnap']) {
  test(`addresses cannot be taken: ${host} is no route, and /fn/… is there`, async () => {
    await using world = await system.world();
    await apply(world, 'thief', [{ host }]);
    // It may be the domain itself.
    await conflict(world, 'thief', system.host('x', 'x').startsWith(`x.x.${host}`) ? 'RouteConflict' : 'InvalidRoute');
    await leads(world, host, `/fn/${world.namespace}/thief/a`, 'thief /a');
    await refuses(world, host, '/');
  });
}

test('addresses cannot be taken: a host that a younger function has inside the cluster stays with the route', async () => {
  await using site = await system.world();
  await using other = await system.world();
  const host = `acme.${other.namespace}`;
  await deploy(site, 'site', [{ host }]);
  await apply(other, 'acme', []);
  assert.match(await conflict(other, 'acme'), new RegExp(`${host} is a route of Function ${site.namespace}/site`));
  await leads(site, host, '/a', 'site /a');
  await leads(other, `${host}.svc`, '/a', 'acme /a');
  await leads(other, system.host(other.namespace, 'acme'), '/a', 'acme /a');
});

test('addresses cannot be taken: the name that an older function has inside the cluster is no route', async () => {
  await using site = await system.world();
  await using other = await system.world();
  await deploy(other, 'acme');
  await deploy(site, 'site');
  const host = `acme.${other.namespace}`;
  await apply(site, 'site', [{ host }]);
  assert.match(await conflict(site, 'site'), new RegExp(`Function ${other.namespace}/acme`));
  await leads(other, host, '/a', 'acme /a');
});

test('addresses cannot be taken: no path of a host that another namespace has, by no age; both are told', async () => {
  await using shop = await system.world();
  await using evil = await system.world();
  const host = publicHost();
  await deploy(evil, 'older');
  await deploy(shop, 'site', [{ host }]);
  await apply(evil, 'older', [{ host, pathPrefix: '/login' }]);
  assert.match(await conflict(evil, 'older'), new RegExp(`${host}/login belongs to Function ${shop.namespace}/site`));
  await leads(shop, host, '/login', 'site /login');
  await deploy(shop, 'login', [{ host, pathPrefix: '/login' }]);
  await leads(shop, host, '/login/x', 'login /login/x');
  await eventually('the holder has an Event', async () => {
    const { items } = await shop.kube.listAll(EVENTS, { namespace: shop.namespace, signal: shop.soon() });
    return items.some((one) => one.reason === 'RouteContested' && one.message?.includes(`${evil.namespace}/older`));
  });
});

test('addresses cannot be taken: the default address of a function that is not there yet', async () => {
  await using mine = await system.world();
  await using theirs = await system.world();
  const host = system.host(theirs.namespace, 'later').replace(/:\d+$/, '');
  await apply(mine, 'thief', [{ host }]);
  assert.match(await conflict(mine, 'thief'), new RegExp(`belongs to namespace ${theirs.namespace}`));
  await refuses(mine, host, '/');
  await deploy(theirs, 'later');
  await leads(theirs, host, '/a', 'later /a');
});

test('a host below the domain may be a route in its namespace, until a function has that name', async () => {
  await using world = await system.world();
  const host = system.host(world.namespace, 'alias').replace(/:\d+$/, '');
  await deploy(world, 'site', [{ host }]);
  await leads(world, host, '/a', 'site /a');
  await deploy(world, 'alias');
  assert.match(await conflict(world, 'site'), new RegExp(`Function ${world.namespace}/alias`));
  await leads(world, host, '/a', 'alias /a');
});

test('a slash at the end of a prefix makes no other route', async () => {
  await using world = await system.world();
  const host = publicHost();
  await deploy(world, 'first', [{ host, pathPrefix: '/a' }]);
  await apply(world, 'second', [{ host, pathPrefix: '/a/' }]);
  assert.match(await conflict(world, 'second'), new RegExp(`${host}/a belongs to Function ${world.namespace}/first`));
  for (const path of ['/a', '/a/', '/a/b']) await leads(world, host, path, `first ${path}`);
  await refuses(world, host, '/ab');
  // It goes to who waits for it once it is let go of.
  await apply(world, 'first', []);
  await world.function('second', 'has the route', (fn) => accepted(fn) === 'true');
  await leads(world, host, '/a/b', 'second /a/b');
});

for (const pathPrefix of [
  '/fn/a',
  '/FN',
  '/%66n/a',
  '/.catnap/x',
  '/.CATNAP',
  '/a//b',
  '/a/../fn',
  '/./a',
  '/a%2fb',
  '/a%4',
]) {
  test(`${pathPrefix} is refused as a prefix, in words`, async () => {
    await using world = await system.world();
    await assert.rejects(
      apply(world, 'thief', [{ host: publicHost(), pathPrefix }]),
      /a path prefix that (is|has|encodes) /,
    );
  });
}

test('a route is stored as it was written: another apply of it is no change', async () => {
  await using world = await system.world();
  const routes = [{ host: publicHost() }];
  const stored = await apply(world, 'hello', routes);
  assert.deepEqual(stored.spec.routes, routes);
  assert.equal((await apply(world, 'hello', routes)).metadata.generation, stored.metadata.generation);
});

/** Hosts that were let go of, as the operator keeps them. */
async function keptHosts(world: World): Promise<string> {
  const namespace = systemNamespace;
  const labelSelector = 'app.kubernetes.io/component=operator';
  const { items } = await world.kube.listAll(CONFIG_MAPS, { namespace, labelSelector, signal: world.soon() });
  return items.map(({ data }) => data?.hosts ?? '').join('');
}

test('a host stays with the namespace that let it go, also when another operator takes over', {
  skip:
    !system.local &&
    settings.CATNAP_TEST_SYSTEM_NAMESPACE === undefined &&
    'not checked: the operator is started here, without a ConfigMap to keep hosts in',
}, async () => {
  await using shop = await system.world();
  await using evil = await system.world();
  const host = publicHost();
  await deploy(shop, 'site', [{ host }]);
  await apply(evil, 'squatter', [{ host }]);
  await conflict(evil, 'squatter');
  await shop.kube.delete(FUNCTION, shop.ref('site'), { signal: shop.soon() });
  const kept = new RegExp(`${host} is kept until .* for namespace ${shop.namespace}`);
  const message = async () => String(condition(await evil.get('squatter'), 'RouteReady')?.message);
  await eventually('the squatter is told', async () => kept.test(await message()));
  await eventually('it is written down', async () => (await keptHosts(shop)).includes(`${host} ${shop.namespace} `));
  await system.operator.kill();
  await apply(evil, 'another', [{ host, pathPrefix: '/x' }]);
  assert.match(await conflict(evil, 'another'), kept);
  await deploy(shop, 'site', [{ host }]);
  await leads(shop, host, '/a', 'site /a');
});
