/** What is told when stored work has ended: functions one after the other, addresses, and what may not be called. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { FunctionObject } from '#api/function.ts';
import { dispatchedTests } from '../support/dispatched.ts';
import { eventually } from '../support/eventually.ts';
import { oneAndOther } from '../support/gateway-pods.ts';
import { manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const test = dispatchedTests(system);
const KILLED = { skip: !system.local && 'not checked: a dispatcher that is killed and started at once' };
const CHAIN = join(import.meta.dirname, '..', '..', 'examples', 'destinations', 'chain.yaml');
/** Cold starts of a busy node, one after the other. */
const A_WHILE_MS = 120_000;
const ONE_REPLICA = { minReplicas: 1, maxReplicas: 1 };
/** Keeps the events that it gets; GET gives them. */
const KEEPS = `const events = [];
export default async (request) => {
  if (request.method === 'GET') return events;
  events.push(await request.json());
  return { got: events.length };
};`;

interface Event {
  id: string;
  type: string;
  subject: string;
  data: {
    request: { body: string };
    response?: { status: number };
    condition: { attempts: number; reason: string; note?: string };
  };
}

/** The functions of the example, applied; resolves with their addresses by name. */
async function chain(world: World): Promise<Map<string, string>> {
  const all = parseAllDocuments(readFileSync(CHAIN, 'utf8')).map((one) => one.toJS() as FunctionObject);
  const urls = await Promise.all(
    all.map(async ({ apiVersion, kind, metadata, spec }) => {
      const { name } = metadata;
      // What they keep, they keep in memory.
      const scaling = { ...spec.scaling, maxReplicas: 1 };
      const own = { apiVersion, kind, metadata: world.ref(name), spec: { ...spec, scaling } };
      return [name, await world.deploy(own as Parameters<World['deploy']>[0])] as const;
    }),
  );
  return new Map(urls);
}

/** The condition, once it says that something does not go well. */
const asyncFails = (world: World, name: string) =>
  eventually(
    'the condition says so',
    async () => {
      const { status } = await world.get(name);
      return status?.conditions?.find(({ type, status: is }) => type === 'Async' && is === 'False');
    },
    A_WHILE_MS,
  );

const later = (body: string) => ({ method: 'POST', headers: { prefer: 'respond-async' }, body });

test('examples/destinations: what is accepted at either gateway goes through all three functions', async (t) => {
  await using world = await system.world();
  const urls = await chain(world);
  const [order = '', ship = '', apologize = ''] = ['order', 'ship', 'apologize'].map((name) => urls.get(name));
  const [one, other] = await oneAndOther(t, system, world);
  for (const [number, gateway] of [one, other, one, other].entries()) {
    const body = JSON.stringify({ id: `o-${number}`, items: Array.from({ length: number + 1 }, () => 'tea') });
    assert.equal((await gateway.call(order, { method: 'POST', body })).status, 202);
  }
  assert.equal((await one.call(order, { method: 'POST', body: '{"id":"empty"}' })).status, 202);
  const shipped = await eventually(
    'all are shipped',
    async () => {
      const { text } = await world.call(ship);
      return Object.keys(JSON.parse(text)).length === 4 && JSON.parse(text);
    },
    A_WHILE_MS,
  );
  assert.deepEqual(shipped, { 'o-0': 1, 'o-1': 2, 'o-2': 3, 'o-3': 4 });
  await eventually(
    'the one without items is told of',
    async () => (await world.call(apologize)).text.includes('the function answered 422'),
    A_WHILE_MS,
  );
});

test('a dispatcher that is killed, again and again, loses no event and makes none twice', KILLED, async () => {
  await using world = await system.world();
  const keeps = await world.deploy(manifest(world.namespace, 'keeps', KEEPS, { scaling: ONE_REPLICA }));
  const source = `export default async (request) => ({ did: await request.text() });`;
  const async = { onSuccess: { function: 'keeps' } };
  const url = await world.deploy(manifest(world.namespace, 'works', source, { async, scaling: ONE_REPLICA }));
  const all = 60;
  const send = async (number: number) =>
    await eventually(
      `${number} is accepted`,
      async () => (await world.call(url, later(String(number)))).status === 202,
    );
  for (let number = 0; number < all; number += 1) {
    await send(number);
    if (number % 20 === 10) await system.dispatcher.kill();
  }
  const events = await eventually(
    'each has its event',
    async () => {
      const got = JSON.parse((await world.call(keeps)).text) as Event[];
      return new Set(got.map(({ data }) => data.request.body)).size === all && got;
    },
    90_000,
  );
  // A delivery may come twice; an event has one id all the same.
  assert.equal(new Set(events.map(({ id }) => id)).size, all);
  assert.deepEqual([...new Set(events.map(({ type }) => type))], ['dev.catnap.invocation.succeeded']);
});

test('an address within the cluster’s reach is not called, and the Function says so', async () => {
  await using world = await system.world();
  const source = `export default () => 'done';`;
  const async = { onSuccess: { url: 'https://169.254.169.254/latest/secret' } };
  const url = await world.deploy(manifest(world.namespace, 'curious', source, { async }));
  assert.equal((await world.call(url, later('x'))).status, 202);
  const { message } = await asyncFails(world, 'curious');
  assert.match(message, /the destination is not called: the address of 169\.254\.169\.254 is not public/);
  assert.ok(!message.includes('secret'));
});

test('functions that are each other’s destination do not go round for ever', async () => {
  await using world = await system.world();
  const source = `export default () => 'done';`;
  const to = (name: string) => ({ async: { onSuccess: { function: name } } });
  const url = await world.deploy(manifest(world.namespace, 'ping', source, to('pong')));
  await world.deploy(manifest(world.namespace, 'pong', source, to('ping')));
  assert.equal((await world.call(url, later('x'))).status, 202);
  const { message } = await asyncFails(world, 'ping');
  assert.match(message, /8 ends in a row led to it/);
});
