import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scrape } from './demand.ts';
import { Gateways } from './routed-revisions.ts';

/** What each gateway sends requests of `a/b` to; null: it does not answer. */
const scrape = (...revisions: (string | undefined | null)[]): Scrape => ({
  activators: new Map(
    revisions.map((revision, index) => [
      `http://${index}`,
      revision === null
        ? undefined
        : new Map([['a/b', { concurrencySeconds: 0, concurrency: 0, requests: 0, ...(revision && { revision }) }]]),
    ]),
  ),
});

test('a revision is routed to once every gateway that is listed says so', () => {
  const told: string[] = [];
  const gateways = new Gateways((key) => told.push(key));
  assert.equal(gateways.sendTo('a/b', 'new'), false);
  for (const partly of [scrape('new', 'old'), scrape('new', undefined), scrape('new', null), scrape()]) {
    gateways.record(partly);
    assert.equal(gateways.sendTo('a/b', 'new'), false);
  }
  assert.deepEqual(told, []);
  gateways.record(scrape('new', 'new'));
  assert.deepEqual([told, gateways.sendTo('a/b', 'new')], [['a/b'], true]);
  gateways.record(scrape('new', 'new'));
  assert.deepEqual(told, ['a/b']);
});
