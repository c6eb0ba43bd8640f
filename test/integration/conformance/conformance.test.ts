/** The stand-in answers as a real API server does, but for what deviations.json lists. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestCluster } from '../local/programs.ts';
import { replay } from './client.ts';
import { knownDeviations, rowsOf, SUITES } from './rows.ts';
import { setUp } from './set-up.ts';

/** An API server elsewhere, which has to answer every row as it is written: `kubectl proxy` makes one reachable. */
const elsewhere = process.env.CATNAP_CONFORMANCE_URL;

test('each request is answered as a real API server answers it, or its deviation is listed', async (t) => {
  await using cluster = elsewhere === undefined ? await TestCluster.start({}) : undefined;
  const server = { url: elsewhere ?? cluster?.url ?? '', token: process.env.CATNAP_CONFORMANCE_TOKEN ?? 'for-tests' };
  const listed = elsewhere === undefined ? await knownDeviations() : {};
  for (const suite of SUITES) {
    await t.test(suite, async () => {
      await setUp(server, suite);
      const found: { [row: string]: string[] } = {};
      for (const row of await rowsOf(suite)) {
        const differing = await replay(server, row);
        if (differing.length > 0) found[row.name] = differing.slice(0, 12);
      }
      const expected = listed[suite] ?? {};
      const fresh = Object.fromEntries(Object.entries(found).filter(([name]) => expected[name] === undefined));
      assert.deepEqual(fresh, {}, 'new deviations: mend them, or list them with a reason');
      const vanished = Object.keys(expected).filter((name) => found[name] === undefined);
      assert.deepEqual(vanished, [], 'listed deviations that are none any more: take them off the list');
    });
  }
});
