import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction } from '../builders.ts';
import { routeConflict, routeNeighbours } from './routes.ts';

const older = aFunction(
  { routes: [{ host: 'api.example', pathPrefix: '/a' }] },
  { name: 'older', createdAt: '2025-01-01T00:00:00Z' },
);
const younger = (pathPrefix = '/a') =>
  aFunction({ routes: [{ host: 'api.example', pathPrefix }] }, { name: 'younger' });

test('of two functions that want an address, the older one keeps it', () => {
  const all = [older, younger()];
  assert.equal(routeConflict(older, all, 'localhost'), undefined);
  assert.match(routeConflict(younger(), all, 'localhost') ?? '', /^api\.example\/a belongs to Function default\/older/);
});

test('a slash at the end makes no other address, another path does', () => {
  assert.notEqual(routeConflict(younger('/a/'), [older], 'localhost'), undefined);
  assert.equal(routeConflict(younger('/a/b'), [older], 'localhost'), undefined);
});

test('of two as old as each other, the first by name keeps it', () => {
  const twin = aFunction(younger().spec, { name: 'a-twin' });
  assert.match(routeConflict(younger(), [twin, younger()], 'localhost') ?? '', /a-twin/);
  assert.equal(routeConflict(twin, [twin, younger()], 'localhost'), undefined);
});

test('the default address of a function cannot be taken by an older one', () => {
  const thief = aFunction(
    { routes: [{ host: 'hello.default.localhost' }] },
    { name: 'thief', createdAt: '2020-01-01T00:00:00Z' },
  );
  assert.match(routeConflict(thief, [thief, aFunction()], 'localhost') ?? '', /default\/hello/);
});

test('who shares an address with a changed function is looked at again', () => {
  const found = routeNeighbours([older], [older, younger(), younger('/b'), aFunction()], 'localhost');
  assert.deepEqual(
    found.map((fn) => fn.spec.routes?.[0]?.pathPrefix),
    ['/a', '/a'],
  );
});
