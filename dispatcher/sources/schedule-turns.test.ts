import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaseInMemory } from '#platform/testing/lease-in-memory.ts';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { until } from '#platform/testing/until.ts';
import { ScheduleTurns } from './schedule-turns.ts';

function standing(server: LeaseInMemory, identity: string, said: string[]): ScheduleTurns {
  const say = (what: string) => async () => void said.push(`${identity} ${what}`);
  return new ScheduleTurns({ lease: server.reach(), identity, log: silentLog, begin: say('begins'), end: say('ends') });
}

test('one of two works schedules, and the other at once when that one stops', async () => {
  const server = new LeaseInMemory();
  const said: string[] = [];
  const first = standing(server, 'first', said);
  await until(() => said.length === 1, 'the first begins');
  await using _ = standing(server, 'second', said);
  await first[Symbol.asyncDispose]();
  await until(() => said.length === 3, 'the second begins');
  assert.deepEqual(said, ['first begins', 'first ends', 'second begins']);
});

test('what begins is told when the turn is over, before that ends', async () => {
  const server = new LeaseInMemory();
  const said: string[] = [];
  const begin = async (over: AbortSignal) => {
    said.push('begins');
    over.addEventListener('abort', () => said.push('is over'));
  };
  const end = async () => void said.push('ends');
  const turns = new ScheduleTurns({ lease: server.reach(), identity: 'first', log: silentLog, begin, end });
  await until(() => said.length === 1, 'it begins');
  await turns[Symbol.asyncDispose]();
  assert.deepEqual(said, ['begins', 'is over', 'ends']);
});

test('one from which the lease was taken ends, and begins again when it is free', async () => {
  const server = new LeaseInMemory();
  const said: string[] = [];
  await using _ = standing(server, 'first', said);
  await until(() => said.length === 1, 'it begins');
  const lease = server.lease ?? assert.fail();
  server.write({ ...lease.spec, holderIdentity: 'second' }, lease);
  await until(() => said.length === 2, 'it ends');
  server.write({ ...lease.spec, holderIdentity: '' }, server.lease);
  await until(() => said.length === 3, 'it begins again');
  assert.deepEqual(said, ['first begins', 'first ends', 'first begins']);
});
