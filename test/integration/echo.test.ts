/** Bodies both ways at once through the gateway, in numbers. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { aFunction, ask, TestGateway, until } from '../../activator/testing/test-gateway.ts';

test('32 clients echo 32 KiB a thousand times each, every byte the same', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-a', 'hello-1', (req, res) => req.pipe(res));
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  const agent = new Agent({ keepAlive: true });
  const bodies = Array.from({ length: 64 }, () => randomBytes(16_384).toString('hex'));
  let same = 0;
  const client = async (_: unknown, turn: number) => {
    for (let i = 0; i < 1_000; i += 1) {
      const body = bodies[(i + turn) % bodies.length] as string;
      const answer = await ask(gateway.port, { method: 'POST', body, agent });
      assert.equal(answer.status, 200);
      if (answer.body === body) same += 1;
    }
  };
  await Promise.all(Array.from({ length: 32 }, client));
  agent.destroy();
  assert.equal(same, 32_000);
  assert.equal(gateway.traffic('hello').inFlight, 0);
});
