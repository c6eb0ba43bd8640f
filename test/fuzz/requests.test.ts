import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recorder } from '../../activator/testing/hostile-requests/recorder.ts';
import { runCampaign, summary } from './campaign.ts';
import { GatewayStage, hostOf } from './gateway-stage.ts';
import { generateOrderly, generateRequests } from './generate/requests.ts';
import { ECHO, misattributed } from './measure/attribution.ts';
import { exchange } from './raw-client.ts';

const REQUESTS = 1_000;
const WITHIN_MS = 60_000;
const LANES = 12;
/** Of connections with nothing but well-formed requests, each of which is owed its answer. */
const ORDERLY_SHARE = 0.3;
/** From the client's last byte; the functions' own bounds are a second. */
const BOUND_MS = 5_000;
const SPEC = { timeoutSeconds: 1, timeouts: { firstByteSeconds: 1, idleSeconds: 1 }, queue: { timeoutSeconds: 2 } };
const ATTACKED = 'hello';
const OTHER = 'other';

test('1,000 connections of clients, well formed or not: no answer meets the wrong request, and no replica sees a malformed one', async () => {
  await using parts = new AsyncDisposableStack();
  const echo = ({ method, target }: { method: string; target: string }) => `${ECHO}${method} ${target}`;
  const replica = parts.use(await Recorder.start('uid-of-hello', echo));
  const spec = SPEC;
  const stage = parts.use(
    await GatewayStage.start([ATTACKED, OTHER].map((name) => ({ name, port: replica.port, spec }))),
  );
  const targets = { host: hostOf(ATTACKED), other: hostOf(OTHER) };
  const report = await runCampaign({
    name: 'requests',
    cases: REQUESTS,
    lanes: LANES,
    withinMs: WITHIN_MS,
    over: () => stage.gone(),
    run: async (chance, index) => {
      const generate = chance.yes(ORDERLY_SHARE) ? generateOrderly : generateRequests;
      const { text, inTime } = await exchange(stage.activator.port, generate(chance, index, targets), BOUND_MS);
      if (!inTime)
        return `neither an answer nor its end within ${BOUND_MS} ms; so far ${JSON.stringify(text.slice(-200))}`;
      return misattributed(text, index);
    },
  });
  console.log(`fuzz requests: ${report.ran} connections, ${replica.requests.length} requests came to a replica`);
  const malformed = replica.malformed.slice(0, 10).map((what) => `a replica saw ${what}`);
  assert.equal([summary(report), ...malformed, ...(await stage.harm())].filter(Boolean).join('\n'), '');
  assert.ok(replica.requests.length >= report.ran, `only ${replica.requests.length} requests came to a replica`);
});
