import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { runCampaign, summary } from './campaign.ts';
import { GatewayStage, hostOf } from './gateway-stage.ts';
import { CASE_HEADER, generateAnswer } from './generate/answers.ts';
import type { Chance } from './generate/chance.ts';
import { RawReplica } from './raw-replica.ts';

const ANSWERS = 1_000;
const WITHIN_MS = 60_000;
const LANES = 12;
/** The functions' own bounds are one second; a gateway that keeps them has long ended the request. */
const BOUND_MS = 5_000;
const SPEC = { timeoutSeconds: 1, timeouts: { firstByteSeconds: 1, idleSeconds: 1 }, queue: { timeoutSeconds: 2 } };

interface Asked {
  port: number;
  host: string;
  path: string;
  method: string;
}

/** What a client sees that reads strictly: `answered`, `broken`, or what is not to be. */
function outcome({ port, host, path, method }: Asked, index: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const sent = request(
    { host: '127.0.0.1', port, path, method, headers: { host }, agent: false, maxHeaderSize: 1 << 20 },
    (response) => {
      const whose = response.headers[CASE_HEADER];
      if (whose !== undefined && whose !== String(index)) resolve(`got the answer of ${whose}`);
      response
        .resume()
        .on('end', () => resolve(undefined))
        .on('error', failed);
    },
  );
  const failed = (error: NodeJS.ErrnoException) =>
    resolve(error.code?.startsWith('HPE_') ? `the gateway's answer is malformed: ${error.message}` : undefined);
  sent.on('error', failed).on('upgrade', (_, socket) => {
    socket.destroy();
    resolve('was upgraded without asking');
  });
  const timer = setTimeout(() => {
    resolve(`neither an answer nor its end within ${BOUND_MS} ms`);
    sent.destroy();
  }, BOUND_MS);
  sent.end(method === 'POST' ? 'body' : undefined);
  return promise.finally(() => clearTimeout(timer));
}

test('1,000 answers of replicas, well formed or not: each ends its own request, nothing else', async () => {
  await using parts = new AsyncDisposableStack();
  const replicas: RawReplica[] = [];
  while (replicas.length < LANES) replicas.push(parts.use(await RawReplica.start()));
  const nameOf = (lane: number) => `raw-${lane}`;
  const stage = parts.use(
    await GatewayStage.start(replicas.map(({ port }, lane) => ({ name: nameOf(lane), port, spec: SPEC }))),
  );
  const report = await runCampaign({
    name: 'answers',
    cases: ANSWERS,
    lanes: LANES,
    withinMs: WITHIN_MS,
    over: () => stage.gone(),
    run: async (chance: Chance, index, lane) => {
      const replica = replicas[lane] as RawReplica;
      const method = chance.of(['GET', 'GET', 'GET', 'POST', 'HEAD', 'OPTIONS']);
      replica.next = generateAnswer(chance, index);
      return outcome({ port: stage.activator.port, host: hostOf(nameOf(lane)), path: `/case/${index}`, method }, index);
    },
  });
  const asked = replicas.reduce((sum, replica) => sum + replica.asked, 0);
  console.log(`fuzz answers: ${report.ran} requests, replicas were asked ${asked} times`);
  assert.equal([summary(report), ...(await stage.harm())].filter(Boolean).join('\n'), '');
  assert.ok(asked >= report.ran * 0.8, `only ${asked} of ${report.ran} requests came to a replica`);
});
