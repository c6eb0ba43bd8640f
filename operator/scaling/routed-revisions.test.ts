import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scrape } from './demand.ts';
import { RoutedRevisions } from './routed-revisions.ts';

/** What each gateway sends requests of `a/b` to; null: it does not answer. */
const scrape = (...revisions: (string | undefined | null)[]): Scrape => ({
  activators: new Map(
    revisions.map((revision, index) => [
      `http://${index}`,
      revision === null ? undefined : new Map([['a/b', { loads: new Map(), ...(revision && { revision }) }]]),
    ]),
  ),
});

test('a revision is routed to once every gateway that is listed says so', () => {
  const told: string[] = [];
  const routed = new RoutedRevisions((key) => told.push(key));
  assert.equal(routed.isRouted('a/b', 'new'), false);
  for (const partly of [scrape('new', 'old'), scrape('new', undefined), scrape('new', null), scrape()]) {
    routed.record(partly);
    assert.equal(routed.isRouted('a/b', 'new'), false);
  }
  assert.deepEqual(told, []);
  routed.record(scrape('new', 'new'));
  assert.deepEqual([told, routed.isRouted('a/b', 'new')], [['a/b'], true]);
  routed.record(scrape('new', 'new'));
  assert.deepEqual(told, ['a/b']);
});
